// Records to try rules on: samples of endpoints, what was pasted, what was read from a topic.
import type { Content, Records } from '~/api/clusters';
import type { TriedRecord } from '~/api/policies';
import type { Resource } from '~/api/resources';

/** As many as are tried at once. */
export const RECORDS_MAX = 20;

/** Samples of an endpoint; if it has none, an event made out of its schema. */
export function ofSamples({ spec }: Resource<'Endpoint'>): TriedRecord[] {
  const samples = spec.samples ?? [];
  if (samples.length === 0 && spec.schema?.type === 'jsonSchema') return [{ value: example(spec.schema.definition) }];
  return samples.slice(0, RECORDS_MAX).map((sample) => ({
    ...(sample.key ? { key: sample.key } : {}),
    ...(sample.headers ? { headers: sample.headers } : {}),
    value: sample.value,
  }));
}

interface Described {
  type?: string | string[];
  properties?: Record<string, Described>;
  items?: Described;
  enum?: unknown[];
  const?: unknown;
  examples?: unknown[];
  default?: unknown;
  format?: string;
  minimum?: number;
}

const DEPTH_MAX = 12;
const BY_FORMAT: Partial<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z', date: '2026-01-31', email: 'ana@example.com', uuid: '3f0c7a3e-2d34-4f0e-9f5e-0f4c1d7b8a90', uri: 'https://example.com/',
};

/** A value as a schema describes it. */
function example(schema: Described, name = 'text', depth = 0): unknown {
  const given = schema.const ?? schema.examples?.[0] ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties ? 'object' : 'string'));
  if (depth > DEPTH_MAX) return null;
  switch (type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([member, of]) => [member, example(of, member, depth + 1)]));
    case 'array':
      return schema.items ? [example(schema.items, name, depth + 1)] : [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return BY_FORMAT[schema.format ?? ''] ?? `example of ${name}`;
  }
}

/** Pasted JSON: an event, a list of them, or one on each line. `undefined`: it is none of these. */
export function ofText(text: string): TriedRecord[] | undefined {
  const read = (json: string): unknown => JSON.parse(json);
  const records = (values: unknown[]) => values.slice(0, RECORDS_MAX).map((value) => ({ value }));
  if (text.trim() === '') return [];
  try {
    const value = read(text);
    return records(Array.isArray(value) ? value : [value]);
  } catch {
    try {
      return records(text.split('\n').filter((line) => line.trim() !== '').map(read));
    } catch {
      return undefined;
    }
  }
}

const textOf = ({ kind, content }: Content) =>
  kind === 'text' || kind === 'json' ? (typeof content === 'string' ? content : JSON.stringify(content)) : undefined;

/** What can be shown of records: JSON and text. */
export function ofTopic({ records }: Records): TriedRecord[] {
  return records.flatMap((record): TriedRecord[] => {
    const key = textOf(record.key);
    const headers = Object.fromEntries(record.headers.flatMap(({ name, value }) => (textOf(value) === undefined ? [] : [[name, textOf(value) ?? '']])));
    const about = { ...(key === undefined ? {} : { key }), headers };
    if (record.value.kind === 'json') return [{ ...about, value: record.value.content }];
    return record.value.kind === 'text' ? [{ ...about, text: textOf(record.value) }] : [];
  });
}

interface Shown {
  key?: string | null;
  value?: unknown;
  text?: string | null;
  headers?: Record<string, unknown>;
}

/** A record as lines of text. */
export function recordText({ key, value, text, headers }: Shown): string {
  const lines: string[] = [];
  if (key !== undefined && key !== null) lines.push(`key: ${key}`);
  for (const [name, of] of Object.entries(headers ?? {})) lines.push(`header ${name}: ${String(of)}`);
  if (value !== undefined) lines.push(JSON.stringify(value, null, 2));
  else if (text !== undefined && text !== null) lines.push(text);
  return lines.join('\n');
}
