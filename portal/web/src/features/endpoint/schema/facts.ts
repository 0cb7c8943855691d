// What a JSON Schema demands of values, in words.
import { endpoint as words } from '~/strings/endpoint';
import type { SchemaObject } from './model';

/** Values of an enum that are listed. */
const LISTED_MAX = 12;
/** Characters of a value in words. */
const SHOWN_MAX = 60;

const say = words.schema.facts;

export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** The words of a fact by the keyword that states it. */
const SIMPLE: Record<string, (value: unknown) => string> = {
  const: (value) => say.only(shown(value)),
  format: (value) => say.format(String(value)),
  pattern: (value) => say.pattern(String(value)),
  multipleOf: (value) => say.multipleOf(String(value)),
  contentEncoding: (value) => say.encoding(String(value)),
  contentMediaType: (value) => say.media(String(value)),
  default: (value) => say.byDefault(shown(value)),
};

export function facts(schema: SchemaObject): string[] {
  const found: string[] = [];
  const values: unknown[] = Array.isArray(schema.enum) ? schema.enum : [];
  if (values.length > 0) {
    const more = values.length - LISTED_MAX;
    const listed = values.slice(0, LISTED_MAX).map(shown).join(', ');
    found.push(more > 0 ? say.oneOfMany(listed, more) : say.oneOf(listed));
  }
  for (const [keyword, inWords] of Object.entries(SIMPLE)) {
    if (schema[keyword] !== undefined) found.push(inWords(schema[keyword]));
  }
  found.push(...range(schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum, say.value));
  found.push(...range(schema.minLength, schema.maxLength, say.length));
  found.push(...range(schema.minItems, schema.maxItems, say.items));
  found.push(...range(schema.minProperties, schema.maxProperties, say.members));
  if (schema.uniqueItems === true) found.push(say.unique);
  if (schema.additionalProperties === false) found.push(say.closed);
  if (schema.readOnly === true) found.push(say.readOnly);
  if (schema.writeOnly === true) found.push(say.writeOnly);
  if (schema.if !== undefined || schema.not !== undefined) found.push(say.conditions);
  const [example] = Array.isArray(schema.examples) ? (schema.examples as unknown[]) : [schema.example];
  if (example !== undefined) found.push(say.example(shown(example)));
  return found;
}

interface RangeWords {
  exactly: (value: string) => string;
  between: (least: string, most: string) => string;
  least: (value: string) => string;
  most: (value: string) => string;
}

function range(least: unknown, most: unknown, say: RangeWords): string[] {
  const from = typeof least === 'number' ? String(least) : undefined;
  const to = typeof most === 'number' ? String(most) : undefined;
  if (from !== undefined && to !== undefined) return [from === to ? say.exactly(from) : say.between(from, to)];
  if (from !== undefined) return [say.least(from)];
  return to === undefined ? [] : [say.most(to)];
}
