import { expect, test } from 'vitest';
import { diffLines, withContext } from './textDiff';

const told = (before: string, after: string) => diffLines(before, after).map(({ sign, text }) => sign + text);

test('lines that come, go and stay', () => {
  expect(told('a\nb\nc', 'a\nx\nc')).toEqual([' a', '-b', '+x', ' c']);
  expect(told('', 'a\nb')).toEqual(['+a', '+b']);
  expect(told('a', '')).toEqual(['-a']);
});

test('the two values of a member stand together', () => {
  expect(told('name: a\nmail: b', 'name: c\nmail: d')).toEqual(['-name: a', '+name: c', '-mail: b', '+mail: d']);
});

test('only what is near a change is shown', () => {
  const lines = diffLines('1\n2\n3\n4\n5\n6', '1\n2\n3\n4\n5\nx');
  expect(withContext(lines, 1).map((line) => line?.text)).toEqual([undefined, '5', '6', 'x']);
});
