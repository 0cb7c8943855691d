import { Typography } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import createPurifier from 'dompurify';
import { Marked } from 'marked';
import { useMemo, type MouseEvent } from 'react';
import classes from './MarkdownRendered.module.css';

/** Headings of a text begin below the page's own. */
const LEVEL_MIN = 2;
const LEVEL_MAX = 6;

const marked = new Marked({
  gfm: true,
  async: false,
  // A bare name is another endpoint's: guides refer to each other so.
  walkTokens: (token) => {
    if (token.type === 'link' && /^[a-z0-9-]+$/.test(token.href as string)) token.href = `/endpoints/${String(token.href)}`;
  },
});
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
  const html = purifier.sanitize(marked.parse(text) as string, ALLOWED);
  const levels = [...html.matchAll(/<h([1-6])>/g)].map(([, level]) => Number(level));
  const down = LEVEL_MIN - Math.min(...levels, LEVEL_MAX);
  return html.replace(/<(\/?)h([1-6])>/g, (_, close: string, level: string) => `<${close}h${Math.min(Number(level) + down, LEVEL_MAX)}>`);
}

export default function MarkdownRendered({ text }: { text: string }) {
  const html = useMemo(() => render(text), [text]);
  const router = useRouter();
  /** Links to pages of the portal are followed without loading it anew. */
  const onClick = (event: MouseEvent) => {
    const to = event.target instanceof Element ? event.target.closest('a')?.getAttribute('href') : undefined;
    if (!to?.startsWith('/endpoints/') || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.push(to);
  };
  return <Typography className={classes.text} onClick={onClick} dangerouslySetInnerHTML={{ __html: html }} />;
}
