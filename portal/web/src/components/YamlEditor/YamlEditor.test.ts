import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import { check } from './check';
import { completion } from './complete';
import type { SchemaObject } from './schema';

const schema: SchemaObject = {
  oneOf: [
    { type: 'object', additionalProperties: false, required: ['kind'], properties: { kind: { const: 'Plan' }, spec: { $ref: '#/$defs/Plan' } } },
    { type: 'object', additionalProperties: false, required: ['kind'], properties: { kind: { const: 'Team' }, spec: { type: 'object', properties: { email: { type: 'string' } } } } },
  ],
  $defs: {
    Plan: {
      type: 'object',
      additionalProperties: false,
      required: ['endpoint'],
      properties: {
        endpoint: { type: 'string' },
        approval: { enum: ['automatic', 'owner'] },
        doors: { type: 'array', items: { enum: ['kafka', 'sse'] } },
        days: { type: ['integer', 'null'], minimum: 1 },
      },
    },
  },
};

/** What is offered where the text has a `|`. */
function offered(text: string): string[] {
  const at = text.indexOf('|');
  const state = EditorState.create({ doc: text.replace('|', '') });
  const found = completion(() => schema)(new CompletionContext(state, at, true));
  return found?.options.map(({ label }) => label).sort() ?? [];
}

test('members and values are offered by the kind and by what is there already', () => {
  expect(offered('kind: Plan\nspec:\n  endpoint: x\n  |')).toEqual(['approval', 'days', 'doors']);
  expect(offered('kind: Team\nspec:\n  |')).toEqual(['email']);
  expect(offered('kind: Plan\nspec:\n  approval: |')).toEqual(['automatic', 'owner']);
  expect(offered('kind: Plan\nspec: {endpoint: x, doors: [|]}')).toEqual(['kafka', 'sse']);
  expect(offered('kind: Plan\nspec: {ap|}')).toContain('approval');
  expect(offered('kind: |')).toEqual(['Plan', 'Team']);
});

test('nothing is offered in comments', () => {
  expect(offered('kind: Plan\n# |')).toEqual([]);
});

const messages = (text: string) => check(text, schema).map(({ message }) => message);

test('what is wrong is told where it stands, with what was meant', () => {
  const text = 'kind: Plan\nspec:\n  endpoint: x\n  aproval: owner\n';
  const [finding] = check(text, schema);
  expect(text.slice(finding?.from, finding?.to)).toBe('aproval');
  expect(finding?.meant).toBe('approval');
});

test('types, values, bounds and missing members', () => {
  expect(messages('kind: Plan\nspec: {endpoint: x, days: 7, doors: [kafka]}')).toEqual([]);
  expect(messages('kind: Plan\nspec: {endpoint: 1}')).toHaveLength(1);
  expect(messages('kind: Plan\nspec: {endpoint: x, days: 0}')).toHaveLength(1);
  expect(messages('kind: Plan\nspec: {endpoint: x, doors: [fax]}')).toHaveLength(1);
  expect(messages('kind: Plan\nspec: {}')).toHaveLength(1);
  expect(messages('kind: Plan\nspec: {endpoint: x')).not.toEqual([]);
});

test('each document of a text is held against its own kind', () => {
  expect(messages('kind: Plan\nspec: {endpoint: x}\n---\nkind: Team\nspec: {email: 1}')).toHaveLength(1);
});
