import { expect, test } from 'vitest';
import { moved, parseRules, policyText, readValue, rulesText, turnedInto, valueText, withNew, without, withRule } from './rules';

const TEXT = '# first\n- mask: {path: $.a, keepLast: 4} # four\n- remove: {path: $.b}\n';

test('a form changes one rule and leaves the others, and comments, as they are', () => {
  expect(withRule(TEXT, 1, { remove: { path: '$.c' } })).toBe(TEXT.replace('$.b', '$.c'));
  expect(parseRules(withNew(TEXT, { remove: { header: 'h' } }))).toHaveLength(3);
  expect(parseRules(without(TEXT, 0))).toEqual([{ remove: { path: '$.b' } }]);
  expect(parseRules(moved(TEXT, 1, 0))?.map((rule) => Object.keys(rule)[0])).toEqual(['remove', 'mask']);
  expect(without(without(TEXT, 0), 0)).toBe('');
});

test('what is no list of rules is no form', () => {
  expect(parseRules('')).toEqual([]);
  expect(parseRules('- msk: {path: $.a}')).toBeUndefined();
  expect(parseRules('a: b')).toBeUndefined();
  expect(parseRules('- mask: {path')).toBeUndefined();
});

test('defaults need not be said', () => {
  expect(rulesText([{ mask: { path: '$.a', keepFirst: 0, keepLast: 4, with: '*' } }])).toBe('- mask: {path: $.a, keepLast: 4}\n');
});

test('another action is about the same', () => {
  expect(turnedInto('truncate', { header: 'h' })).toEqual({ truncate: { header: 'h', length: 2 } });
  expect(turnedInto('remove', { key: true })).toEqual({ remove: { path: '$.' } });
});

test('values keep their types while they are typed', () => {
  for (const value of ['EU', '7', 7, true, null, { a: 1 }]) expect(readValue(valueText(value))).toEqual(value);
});

test('errors of the server are found again in the text of the rules', () => {
  const { yaml, lines, columns } = policyText('p', { description: 'x: y' }, 'rules', TEXT);
  const rows = TEXT.split('\n');
  expect(yaml.split('\n').slice(lines).map((line) => line.slice(columns))).toEqual(rows);
});
