import { expect, test } from 'vitest';
import { kindOf, stateOfKey } from './keys';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const key = (expiresAt?: string, revoked = false) => stateOfKey({ application: 'shipping', expiresAt, revoked }, NOW);

test('a key works until it ends, and says so two weeks before', () => {
  expect(key()).toBe('works');
  expect(key('2026-06-20T00:00:00Z')).toBe('works');
  expect(key('2026-06-14T00:00:00Z')).toBe('ending');
  expect(key('2026-06-01T00:00:00Z')).toBe('expired');
  expect(key('2026-06-20T00:00:00Z', true)).toBe('revoked');
});

test('a credential is a secret unless it says otherwise', () => {
  expect(kindOf({ application: 'shipping' })).toBe('secret');
  expect(kindOf({ application: 'shipping', oauth: { issuer: 'https://id.example.com' } })).toBe('oauth');
  expect(kindOf({ application: 'shipping', certificate: { dns: 'shipping.example.com' } })).toBe('certificate');
});
