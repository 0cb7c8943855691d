// What is wrong with a document, as far as the schema tells: found while it is typed. The server
// has the last word, and says what takes the whole catalog to know.
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Node, type YAMLMap } from 'yaml';
import { s } from '~/strings';
import { alternatives, fitting, typesOf, type Schema, type SchemaObject } from './schema';

export interface Finding {
  from: number;
  to: number;
  message: string;
  /** What was probably meant by the text from `from` to `to`. */
  meant?: string;
}

const words = s.editor.check;
/** More than anybody reads at once. */
const FINDINGS_MAX = 100;

export function check(text: string, root: SchemaObject | undefined): Finding[] {
  const findings: Finding[] = [];
  for (const document of parseAllDocuments(text) as Document.Parsed[]) {
    for (const { pos, message } of document.errors) {
      findings.push({ from: pos[0], to: Math.max(pos[1], pos[0] + 1), message: message.split(' at line ')[0] ?? message });
    }
    if (root && document.errors.length === 0 && document.contents) {
      findings.push(...checkNode(root, document, document.contents, alternatives(root, root)));
    }
  }
  return findings.slice(0, FINDINGS_MAX).map((one) => ({ ...one, to: Math.min(one.to, text.length) }));
}

function typeOf(node: Node): string {
  if (isMap(node)) return 'object';
  if (isSeq(node)) return 'array';
  const value = isScalar(node) ? node.value : null;
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint') return Number.isInteger(Number(value)) ? 'integer' : 'number';
  return typeof value === 'boolean' ? 'boolean' : 'string';
}

function range(node: Node): { from: number; to: number } {
  const [from = 0, to = 0] = node.range ?? [];
  return { from, to: Math.max(to, from + 1) };
}

function checkNode(root: SchemaObject, document: Document, node: Node, all: SchemaObject[]): Finding[] {
  if (isAlias(node)) return [];
  const fits = fitting(root, all, isMap(node) ? constants(node) : undefined);
  let best: Finding[] | undefined;
  // Of several alternatives the one that was meant has the least to say against.
  for (const schema of fits) {
    const found = checkOne(root, document, node, schema);
    if (found.length === 0) return [];
    if (!best || found.length < best.length) best = found;
  }
  return best ?? [];
}

function constants(map: YAMLMap): Record<string, unknown> {
  return Object.fromEntries(map.items.flatMap(({ key, value }) => (isScalar(key) && isScalar(value) ? [[String(key.value), value.value]] : [])));
}

function checkOne(root: SchemaObject, document: Document, node: Node, schema: SchemaObject): Finding[] {
  const types = typesOf(schema);
  const type = typeOf(node);
  if (types.length > 0 && !types.includes(type) && !(type === 'integer' && types.includes('number'))) {
    return [{ ...range(node), message: words.type(types.filter((one) => one !== 'null'), type) }];
  }
  if (isMap(node)) return checkMap(root, document, node, schema);
  if (isSeq(node)) {
    const { items } = schema;
    if (items === undefined) return [];
    return node.items.flatMap((item) => checkNode(root, document, item as Node, alternatives(root, items)));
  }
  return isScalar(node) ? checkValue(range(node), node.value, schema) : [];
}

function checkMap(root: SchemaObject, document: Document, map: YAMLMap, schema: SchemaObject): Finding[] {
  const { properties = {}, additionalProperties = true, required = [] } = schema;
  const known = Object.keys(properties);
  const findings: Finding[] = [];
  const there = new Set<string>();
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    there.add(name);
    const of: Schema = properties[name] ?? additionalProperties;
    if (of === false) {
      const meant = nearest(name, known);
      findings.push({ ...range(key), message: words.unknown(name, meant, known), meant });
    } else if (value) {
      findings.push(...checkNode(root, document, value as Node, alternatives(root, of)));
    }
  }
  const missing = required.filter((name) => !there.has(name));
  if (missing.length > 0) {
    const { from } = range(map);
    findings.push({ from, to: from + 1, message: words.missing(missing) });
  }
  return findings;
}

function checkValue(where: { from: number; to: number }, value: unknown, schema: SchemaObject): Finding[] {
  const wrong = (message: string, meant?: string) => [{ ...where, message, meant }];
  const allowed = schema.const !== undefined ? [schema.const] : schema.enum;
  if (allowed && !allowed.includes(value)) {
    const texts = allowed.map(String);
    return wrong(words.oneOf(texts), nearest(String(value), texts));
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) return wrong(words.minimum(schema.minimum));
    if (schema.maximum !== undefined && value > schema.maximum) return wrong(words.maximum(schema.maximum));
  }
  if (typeof value === 'string') {
    const { length } = Array.from(value);
    if (length < (schema.minLength ?? 0)) return wrong(words.short(schema.minLength ?? 0));
    if (length > (schema.maxLength ?? Infinity)) return wrong(words.long(schema.maxLength ?? 0));
  }
  return [];
}

/** The word that was probably meant: at most a third of its letters are other. */
function nearest(word: string, known: string[]): string | undefined {
  const ranked = known
    .map((one) => ({ one, far: distance(word.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const first = ranked[0];
  return first && first.far <= Math.max(1, Math.floor(first.one.length / 3)) ? first.one : undefined;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
