import { Typography } from '@mantine/core';
import createPurifier from 'dompurify';
import { Marked } from 'marked';
import { useMemo } from 'react';
import classes from './MarkdownRendered.module.css';

/** Headings of a text begin below those of its page. */
const LEVELS_DOWN = 2;
const LEVEL_MAX = 6;

const marked = new Marked({ gfm: true, async: false });
const purifier = createPurifier(window);

/** What a text may be made of. No styles, no ids, no forms, no media but inline images. */
const ALLOWED = {
  ALLOWED_TAGS: [
    'p', 'br', 'hr', 'strong', 'em', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'img',
    'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td',
  ],
  ALLOWED_ATTR: ['href', 'title', 'alt', 'src', 'align', 'start'],
  ALLOW_DATA_ATTR: false,
};

purifier.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noopener noreferrer');
    if (/^https?:/i.test(node.getAttribute('href') ?? '')) node.setAttribute('target', '_blank');
  }
  // An image from elsewhere would tell its server who reads; only those in the text are shown.
  if (node.tagName === 'IMG' && !(node.getAttribute('src') ?? '').startsWith('data:image/')) node.remove();
  if (node.tagName === 'PRE' || node.tagName === 'TABLE') node.setAttribute('tabindex', '0');
});

/** The text as safe HTML. */
export function render(text: string): string {
  const lower = (html: string) =>
    html.replace(/<(\/?)h([1-6])>/g, (_, close: string, level: string) => `<${close}h${Math.min(Number(level) + LEVELS_DOWN, LEVEL_MAX)}>`);
  return lower(purifier.sanitize(marked.parse(text) as string, ALLOWED));
}

export default function MarkdownRendered({ text }: { text: string }) {
  const html = useMemo(() => render(text), [text]);
  return <Typography className={classes.text} dangerouslySetInnerHTML={{ __html: html }} />;
}
