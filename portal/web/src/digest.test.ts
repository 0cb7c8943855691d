import { expect, test } from 'vitest';
import { digestOf } from './digest';

test('a text has its digest', async () => {
  // Of FIPS 180-4.
  expect(await digestOf('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
