import { describe, expect, it } from 'vitest';
import { compare } from './compare';
import { schemaTree, walk, type Schema, type SchemaNode } from './model';
import { matching, rows, startOpen } from './rows';

function node(tree: SchemaNode, id: string): SchemaNode {
  let found: SchemaNode | undefined;
  walk(tree, (one) => {
    if (one.id === id) found = one;
  });
  if (!found) throw new Error(`There is no ${id}.`);
  return found;
}

const ORDER: Schema = {
  type: 'object',
  required: ['id', 'customer'],
  properties: {
    id: { type: 'string', pattern: '^o-', examples: ['o-1'] },
    customer: { $ref: '#/$defs/Person', description: 'Who ordered.' },
    items: { type: 'array', minItems: 1, items: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } },
    'odd name': { type: ['string', 'null'] },
  },
  $defs: { Person: { type: 'object', properties: { name: { type: 'string' }, card: { type: 'object', properties: { number: { type: 'string' } } } } } },
};

describe('schemaTree', () => {
  const tree = schemaTree(ORDER);

  it('follows references and keeps what is said beside them', () => {
    const customer = node(tree, '$.customer');
    expect(customer).toMatchObject({ type: 'object', description: 'Who ordered.', required: true });
    expect(customer.children.map((one) => one.name)).toEqual(['name', 'card']);
  });

  it('folds arrays into what they hold', () => {
    expect(node(tree, '$.items')).toMatchObject({ type: 'array of object', facts: ['at least 1 item'] });
    expect(node(tree, '$.items[*].sku')).toMatchObject({ path: '$.items[*].sku', required: true });
  });

  it('writes paths as rules do', () => {
    expect(node(tree, '$.odd name')).toMatchObject({ path: "$['odd name']", type: 'string or null' });
  });

  it('puts allOf together', () => {
    const both = schemaTree({ allOf: [{ $ref: '#/$defs/A' }, { properties: { b: {} }, required: ['b'] }], $defs: { A: { properties: { a: { type: 'integer' } }, required: ['a'] } } });
    expect(both.children.map(({ name, required }) => [name, required])).toEqual([['a', true], ['b', true]]);
  });

  it('shows alternatives: simple ones as a type, others as children', () => {
    const tree = schemaTree({
      properties: {
        simple: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
        nullable: { anyOf: [{ type: 'null' }, { type: 'object', properties: { a: {} } }] },
        either: { oneOf: [{ title: 'Card', properties: { number: {} } }, { title: 'Bank', properties: { iban: {} } }] },
      },
    });
    expect(node(tree, '$.simple')).toMatchObject({ type: 'string or integer', children: [] });
    expect(node(tree, '$.nullable')).toMatchObject({ type: 'null or object' });
    expect(node(tree, '$.nullable').children.map((one) => one.name)).toEqual(['a']);
    expect(node(tree, '$.either').children.map(({ name, role }) => [name, role])).toEqual([['Card', 'variant'], ['Bank', 'variant']]);
  });

  it('stops at recursion', () => {
    const tree = schemaTree({ $ref: '#/$defs/Tree', $defs: { Tree: { type: 'object', properties: { left: { $ref: '#/$defs/Tree' }, all: { type: 'array', items: { $ref: '#/$defs/Tree' } } } } } });
    expect(node(tree, '$.left')).toMatchObject({ repeats: 'Tree', children: [] });
    expect(node(tree, '$.all')).toMatchObject({ repeats: 'Tree', type: 'array of Tree' });
    expect(schemaTree({ $ref: '#' })).toMatchObject({ children: [] });
  });

  it('bounds what grows without end', () => {
    const defs = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`D${at}`, { properties: { a: { $ref: `#/$defs/D${at + 1}` }, b: { $ref: `#/$defs/D${at + 1}` } } }]));
    let nodes = 0;
    walk(schemaTree({ $ref: '#/$defs/D0', $defs: defs }), () => nodes++);
    expect(nodes).toBeLessThan(10_000);
  });

  it('bears what is no schema', () => {
    expect(schemaTree(true)).toMatchObject({ type: 'any' });
    expect(schemaTree(false)).toMatchObject({ type: 'nothing' });
    expect(schemaTree({ properties: { a: 1, b: null, c: { $ref: 'https://example.com/x' }, d: { $ref: '#/nowhere' } } }).children.length).toBeGreaterThan(2);
  });
});

describe('compare', () => {
  it('tells what a plan removes, changes and makes optional', () => {
    const full = schemaTree(ORDER);
    const seen = schemaTree(
      { type: 'object', required: ['customer'], properties: { id: { type: 'string', 'x-sluicegate-policy': 'hash' }, customer: { $ref: '#/components/schemas/value.Person' }, 'odd name': { const: 7, 'x-sluicegate-policy': 'replace' } } },
      { components: { schemas: { 'value.Person': { type: 'object', properties: { name: { type: 'string' } } } } } },
    );
    const effects = compare(full, seen);
    expect(effects.get('$.id')).toEqual({ kind: 'changed', action: 'hash', type: 'string' });
    expect(effects.get('$.odd name')).toEqual({ kind: 'changed', action: 'replace', type: 'number' });
    expect(effects.get('$.customer.card')).toEqual({ kind: 'removed' });
    expect(effects.get('$.customer.card.number')).toEqual({ kind: 'removed' });
    expect(effects.get('$.items[*].sku')).toEqual({ kind: 'removed' });
    expect(effects.has('$.customer')).toBe(false);
  });
});

describe('rows', () => {
  const tree = schemaTree(ORDER);

  it('begins with all open, and tells places', () => {
    const shown = rows(tree, startOpen(tree));
    expect(shown.map((row) => row.node.id)).toEqual(['$.id', '$.customer', '$.customer.name', '$.customer.card', '$.customer.card.number', '$.items', '$.items[*].sku', '$.odd name']);
    expect(shown[3]).toMatchObject({ level: 2, place: 2, siblings: 2, parent: '$.customer', open: true });
  });

  it('shows what matches and what leads there', () => {
    const found = matching(tree, 'NUMBER');
    expect(rows(tree, new Set(), found).map((row) => row.node.name)).toEqual(['customer', 'card', 'number']);
    expect(rows(tree, new Set(), matching(tree, 'nothing like it'))).toEqual([]);
  });
});
