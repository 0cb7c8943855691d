// How the editor looks, in both schemes: by the colours of the page.
import { HighlightStyle } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export const highlight = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'light-dark(#00627b, #77bbcd)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'light-dark(#8a3b12, #e8a87c)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#6a2fa0, #c9a2ec)' },
  { tag: tags.comment, color: 'light-dark(#586470, #a7b0ba)', fontStyle: 'italic' },
  { tag: [tags.meta, tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: 'light-dark(#586470, #a7b0ba)' },
]);

const SURFACE = 'light-dark(var(--mantine-color-white), var(--mantine-color-dark-6))';
const BORDER = '1px solid var(--mantine-color-default-border)';

export const look = (dark: boolean) =>
  EditorView.theme(
    {
      '&': { fontSize: '13px', color: 'var(--mantine-color-text)', backgroundColor: 'light-dark(#fff, #1b2025)', border: BORDER, borderRadius: 'var(--mantine-radius-md)', height: '100%' },
      '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '1px' },
      '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.6' },
      '.cm-content': { caretColor: 'var(--mantine-color-text)', padding: '8px 0' },
      '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
      '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--mantine-color-dimmed)', border: 'none' },
      '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'light-dark(#0071800d, #77bbcd14)' },
      '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'light-dark(#bfe3ee, #1d4a57)' },
      '.cm-tooltip, .cm-panels': { backgroundColor: SURFACE, color: 'var(--mantine-color-text)', border: BORDER },
      '.cm-tooltip': { borderRadius: 'var(--mantine-radius-sm)', boxShadow: 'var(--mantine-shadow-md)' },
      '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'light-dark(#00718c, #177f9c)', color: '#fff' },
      '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mantine-font-family-monospace)', maxHeight: '18em' },
      '.cm-completionDetail': { color: 'var(--mantine-color-dimmed)', fontStyle: 'normal', marginLeft: '1em' },
      'li[aria-selected] .cm-completionDetail': { color: '#fff' },
      '.cm-completionIcon': { display: 'none' },
      '.cm-completionInfo': { maxWidth: '320px', padding: '6px 10px', whiteSpace: 'pre-line' },
      '.cm-diagnostic': { padding: '6px 10px' },
      '.cm-diagnosticAction': { backgroundColor: 'light-dark(#00718c, #177f9c)', color: '#fff', padding: '2px 8px' },
    },
    { dark },
  );
