import { describe, expect, it } from 'vitest';
import type { Resource } from '~/api/resources';
import { schemaTree } from '../schema/model';
import { changes, isSame } from './changes';
import { versionsOf } from './relations';

const endpoint = (name: string, spec: object): Resource<'Endpoint'> => ({
  apiVersion: 'sluicegate/v1', kind: 'Endpoint', metadata: { name }, spec: { cluster: 'c', topic: name, ...spec },
});

describe('changes', () => {
  it('tells fields that came, went and became something else', () => {
    const before = schemaTree({ properties: { a: { type: 'string' }, b: { type: 'integer' }, c: {}, d: {} }, required: ['c'] });
    const after = schemaTree({ properties: { a: { type: 'integer' }, c: {}, d: {}, e: {} }, required: ['d'] });
    expect(changes(before, after)).toEqual({
      added: ['$.e'], removed: ['$.b'], retyped: [{ path: '$.a', before: 'string', after: 'integer' }], nowRequired: ['$.d'], nowOptional: ['$.c'],
    });
    expect(isSame(changes(before, before))).toBe(true);
  });
});

describe('versionsOf', () => {
  it('finds other majors, what comes after and what came before', () => {
    const self = endpoint('orders', { address: 'shop.orders', version: '1.2.0', successor: 'next' });
    const found = versionsOf(self, [
      self,
      endpoint('orders-v2', { address: 'shop.orders.v2', version: '2.0.0' }),
      endpoint('next', { address: 'other', version: '3.0.0' }),
      endpoint('old', { successor: 'orders' }),
      endpoint('stranger', { address: 'shop.orders.more' }),
    ]);
    expect(found.map((one) => [one.endpoint.metadata.name, one.relation])).toEqual([
      ['next', 'successor'], ['orders-v2', 'other'], ['orders', 'this'], ['old', 'predecessor'],
    ]);
  });
});
