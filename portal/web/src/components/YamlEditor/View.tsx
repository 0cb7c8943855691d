import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { Text, useComputedColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useId, useRef } from 'react';
import { s } from '~/strings';
import { check } from './check';
import { completion } from './complete';
import type { Problem, YamlEditorProps } from './index';
import { highlight, look } from './look';
import type { SchemaObject } from './schema';

const TYPING_MS = 200;
const words = s.editor;

/** Marks changes that the page made, not whoever types. */
const fromPage = Annotation.define<boolean>();
const nonce = () => document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';

export default function View({ value, label, onChange, schema, problems, readOnly = false, height = '360px' }: YamlEditorProps) {
  const scheme = useComputedColorScheme('light');
  const hint = useId();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const theme = useRef(new Compartment());
  const attributes = useRef(new Compartment());
  // What the editor asks for when something happens: always that of the latest rendering.
  const now = useRef<{ onChange: YamlEditorProps['onChange']; schema: SchemaObject | undefined }>({ onChange, schema });
  useEffect(() => {
    now.current = { onChange, schema };
  }, [onChange, schema]);

  const start = useRef({ value, dark: scheme === 'dark' });

  useEffect(() => {
    const editor = new EditorView({
      parent: place.current ?? undefined,
      state: EditorState.create({
        doc: start.current.value,
        extensions: [
          EditorView.cspNonce.of(nonce()),
          lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
          closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), EditorView.lineWrapping,
          yaml(), indentUnit.of('  '), syntaxHighlighting(highlight),
          autocompletion({ override: [completion(() => now.current.schema)], icons: false }),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
          theme.current.of(look(start.current.dark)),
          attributes.current.of([]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(fromPage))) return;
            now.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: theme.current.reconfigure(look(scheme === 'dark')) });
  }, [scheme]);

  useEffect(() => {
    view.current?.dispatch({
      effects: attributes.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, 'aria-describedby': hint, 'aria-readonly': String(readOnly), tabindex: '0' }),
      ]),
    });
  }, [label, hint, readOnly]);

  useEffect(() => {
    const editor = view.current;
    const before = editor?.state.doc.toString();
    if (!editor || before === undefined || before === value) return;
    editor.dispatch({ changes: difference(before, value), annotations: fromPage.of(true) });
  }, [value]);

  const [typed] = useDebouncedValue(value, TYPING_MS);
  useEffect(() => {
    const editor = view.current;
    if (editor?.state.doc.toString() !== typed) return;
    editor.dispatch(setDiagnostics(editor.state, diagnostics(editor.state, typed, schema, problems ?? [])));
  }, [typed, schema, problems]);

  return (
    <div>
      <div ref={place} style={{ height }} />
      {readOnly ? null : <Text size="xs" c="dimmed" mt={4} id={hint}>{words.keys}</Text>}
    </div>
  );
}

/** The smallest change, so that the cursor stays where it is. */
function difference(before: string, after: string) {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - from;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

function diagnostics(state: EditorState, text: string, schema: SchemaObject | undefined, problems: Problem[]): Diagnostic[] {
  const own: Diagnostic[] = check(text, schema).map(({ from, to, message, meant }) => ({
    from,
    to,
    message,
    severity: 'error',
    actions: meant === undefined ? [] : [{
      name: words.rename(meant),
      apply: (view, start, end) => view.dispatch({ changes: { from: start, to: end, insert: meant } }),
    }],
  }));
  const lines = new Set(own.map(({ from }) => state.doc.lineAt(from).number));
  const told = problems.flatMap(({ line, column, message }): Diagnostic[] => {
    // What was found here already is not told twice; what has no place is told beside the editor.
    if (!line || line > state.doc.lines || lines.has(line)) return [];
    const at = state.doc.line(line);
    const from = Math.min(at.from + Math.max(0, (column ?? 1) - 1), at.to);
    return [{ from, to: Math.max(at.to, from), message, severity: 'error', source: words.server }];
  });
  return [...own, ...told].sort((a, b) => a.from - b.from);
}
