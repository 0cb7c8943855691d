// What could be written at the cursor: members and values, out of the schema.
import {
  startCompletion, type Completion, type CompletionContext, type CompletionResult,
} from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import { isMap, isPair, isScalar, isSeq, parseAllDocuments, visit, type Document, type Node, type Pair } from 'yaml';
import { schemasAt, typesOf, valuesOf, type SchemaObject, type Step } from './schema';

/** Stands for the word at the cursor, in a text that is looked at and thrown away. */
const MARK = '__at_the_cursor__';
const WORD = /[\w$@.-]*$/;

interface Place {
  value: unknown;
  path: Step[];
  /** The members that are there already, when the mark is a member's name. */
  present?: string[];
}

export function completion(schema: () => SchemaObject | undefined) {
  return (context: CompletionContext): CompletionResult | null => {
    const root = schema();
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const word = WORD.exec(before)?.[0] ?? '';
    if (!root || before.trimStart().startsWith('#')) return null;
    if (word === '' && !context.explicit) return null;
    const from = context.pos - word.length;
    const text = context.state.doc.toString();
    const rest = text.slice(context.pos).replace(/^[\w$@.-]*/, '');
    const lead = before.slice(0, before.length - word.length);
    const options: Completion[] = [];
    if (/^(\s*(- +)*|.*[{,]\s*)$/.test(lead)) {
      const named = rest.startsWith(':') ? MARK : `${MARK}: `;
      const place = placeOf(text.slice(0, from) + named + rest);
      if (place?.present) options.push(...members(root, place, /[{,]\s*$/.test(lead), rest.startsWith(':')));
    }
    if (/(:\s+|[[,]\s*|^\s*(- +)+)$/.test(lead)) {
      const place = placeOf(text.slice(0, from) + MARK + rest);
      if (place && !place.present) options.push(...values(root, place));
    }
    return options.length > 0 ? { from, options, validFor: /^[\w$@.-]*$/ } : null;
  };
}

function placeOf(text: string): Place | undefined {
  for (const document of parseAllDocuments(text, { keepSourceTokens: false }) as Document[]) {
    let found: { at: Node | Pair; ancestors: readonly unknown[]; name: boolean } | undefined;
    visit(document, {
      Scalar(key, node, ancestors) {
        if (node.value !== MARK) return undefined;
        found = { at: node, ancestors, name: key === 'key' };
        return visit.BREAK;
      },
    });
    if (!found) continue;
    const { ancestors, name } = found;
    const path: Step[] = [];
    ancestors.forEach((ancestor, at) => {
      const next = ancestors[at + 1] ?? found?.at;
      if (isSeq(ancestor)) path.push(ancestor.items.indexOf(next));
      else if (isPair(ancestor) && next === ancestor.value && isScalar(ancestor.key)) path.push(String(ancestor.key.value));
    });
    const map = ancestors.at(-2);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (!name) return { value, path };
    const present = isMap(map) ? map.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
    return { value, path, present };
  }
  return undefined;
}

function members(root: SchemaObject, { value, path, present }: Place, flow: boolean, named: boolean): Completion[] {
  const seen = new Set(present);
  return schemasAt(root, value, path).flatMap((schema) =>
    Object.keys(schema.properties ?? {}).flatMap((name, at) => {
      if (seen.has(name)) return [];
      seen.add(name);
      const of = schemasAt(root, value, [...path, name]);
      const required = schema.required?.includes(name) ?? false;
      return [{
        label: name,
        type: 'property',
        detail: of.flatMap(typesOf).filter((type, at, all) => type !== 'null' && all.indexOf(type) === at).join(' | '),
        info: of.find((one) => one.description)?.description,
        // What is needed first, then in the order of the schema.
        boost: (required ? 50 : 0) - at,
        apply: named ? name : inserted(name, of, flow),
      }];
    }),
  );
}

/** Inserts a member with what must follow: the place of its value. */
function inserted(name: string, of: SchemaObject[], flow: boolean) {
  const types = of.flatMap(typesOf);
  const block = flow ? undefined : types.includes('object') ? '' : types.includes('array') ? '- ' : undefined;
  return (view: EditorView, _: Completion, from: number, to: number) => {
    const line = view.state.doc.lineAt(from);
    const indent = ' '.repeat(from - line.from);
    const insert = block === undefined ? `${name}: ` : `${name}:\n${indent}  ${block}`;
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
    if (block !== undefined || of.some((schema) => valuesOf(schema).length > 0)) startCompletion(view);
  };
}

function values(root: SchemaObject, { value, path }: Place): Completion[] {
  const seen = new Set<string>();
  return schemasAt(root, value, path).flatMap((schema) =>
    valuesOf(schema).flatMap((one) => {
      const label = String(one);
      if (seen.has(label) || one === null) return [];
      seen.add(label);
      return [{ label, type: 'enum', info: schema.description }];
    }),
  );
}
