// A JSON Schema as a tree that can be shown: references followed, allOf put together, arrays folded
// into what they hold, recursion stopped. Paths are written as the rules of policies write them.
import { facts } from './facts';

export type Schema = boolean | SchemaObject;
export type SchemaObject = Record<string, unknown>;

export interface SchemaNode {
  /** Unique in the tree. */
  id: string;
  /** Where its values are, such as `$.items[*].sku`. */
  path: string;
  name: string;
  role: 'root' | 'member' | 'variant';
  /** Its type in words, such as `array of string`. */
  type: string;
  required: boolean;
  title: string;
  description: string;
  /** What values must be like, in words. */
  facts: string[];
  deprecated: boolean;
  /** The definition that it is in itself: it goes on as that does. */
  repeats?: string;
  /** What a plan's policies do to it. */
  policy?: string;
  children: SchemaNode[];
}

/** Nodes of a tree; what is beyond is left to the raw schema. */
const NODES_MAX = 3000;

type Described = Omit<SchemaNode, 'id' | 'path' | 'name' | 'role' | 'required'>;

interface Build {
  document: unknown;
  nodes: number;
}

/** The tree of a schema; its references point into `document`. */
export function schemaTree(schema: Schema, document: unknown = schema): SchemaNode {
  const build = { document, nodes: 0 };
  return { id: '$', path: '$', name: '$', role: 'root', required: true, ...describe(build, schema, '$', '$', []) };
}

/** Every node of a tree, parents first. */
export function walk(node: SchemaNode, see: (node: SchemaNode) => void): void {
  see(node);
  for (const child of node.children) walk(child, see);
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function schemas(value: unknown): Schema[] {
  return Array.isArray(value) ? (value as Schema[]) : [];
}

/** What a reference within the document points to. */
function follow(document: unknown, reference: string): Schema | undefined {
  if (!reference.startsWith('#')) return undefined;
  let at = document;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const member = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, member)) return undefined;
    at = (at as SchemaObject)[member];
  }
  return typeof at === 'boolean' || isObject(at) ? at : undefined;
}

function nameOf(reference: string): string {
  return (reference.split('/').pop() ?? reference).replace(/^value\./, '');
}

/** A schema without references and allOf. */
interface Flat {
  schema: SchemaObject;
  /** The references that led here. */
  trail: string[];
  repeats?: string;
}

function flatten(build: Build, schema: SchemaObject, trail: string[]): Flat {
  let flat: Flat = { schema, trail };
  const reference = schema.$ref;
  if (typeof reference === 'string') {
    const own = { ...schema };
    delete own.$ref;
    if (trail.includes(reference)) return { schema: own, trail, repeats: nameOf(reference) };
    const target = follow(build.document, reference);
    const inner = flatten(build, isObject(target) ? target : {}, [...trail, reference]);
    flat = { ...inner, schema: merged(inner.schema, own) };
  }
  const { allOf, ...rest } = flat.schema;
  let parts: SchemaObject = {};
  for (const part of schemas(allOf).filter(isObject)) {
    const inner = flatten(build, part, flat.trail);
    parts = merged(parts, inner.schema);
    flat = { ...flat, trail: inner.trail, repeats: flat.repeats ?? inner.repeats };
  }
  return { ...flat, schema: merged(parts, rest) };
}

/** Both schemas as one; where they differ `over` says how it is. */
function merged(under: SchemaObject, over: SchemaObject): SchemaObject {
  const both: SchemaObject = { ...under, ...over };
  if (isObject(under.properties) && isObject(over.properties)) both.properties = { ...under.properties, ...over.properties };
  if (Array.isArray(under.required) && Array.isArray(over.required)) both.required = [...(under.required as unknown[]), ...(over.required as unknown[])];
  return both;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function describe(build: Build, given: Schema | undefined, path: string, id: string, trail: string[]): Described {
  build.nodes++;
  const nothing = { type: given === false ? 'nothing' : 'any', title: '', description: '', facts: [], deprecated: false, children: [] };
  if (!isObject(given)) return nothing;
  const flat = flatten(build, given, trail);
  const { schema } = flat;
  const described: Described = {
    ...nothing,
    type: ownType(schema),
    title: text(schema.title),
    description: text(schema.description),
    facts: facts(schema),
    deprecated: schema.deprecated === true,
    policy: text(schema['x-sluicegate-policy']) || undefined,
  };
  if (flat.repeats) return { ...described, type: flat.repeats, repeats: flat.repeats };
  if (build.nodes > NODES_MAX) return { ...described, repeats: described.title || described.type };
  const variants = alternatives(build, schema, path, id, flat.trail);
  return withItems(build, flat, path, id, { ...described, ...variants(described, members(build, flat, path, id)) });
}

function ownType({ type, properties, enum: values, const: only }: SchemaObject): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return type.join(' or ');
  if (properties) return 'object';
  const examples: unknown[] = only !== undefined ? [only] : Array.isArray(values) ? values : [];
  const kinds = new Set(examples.map((one) => (one === null ? 'null' : Array.isArray(one) ? 'array' : typeof one)));
  return kinds.size > 0 ? [...kinds].join(' or ') : 'any';
}

/** The path of a member, quoted where its name needs it. */
function memberPath(path: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? `${path}.${name}` : `${path}['${name.replace(/['\\]/g, '\\$&')}']`;
}

function members(build: Build, { schema, trail }: Flat, path: string, id: string): SchemaNode[] {
  const required = Array.isArray(schema.required) ? (schema.required as unknown[]) : [];
  const nodes: SchemaNode[] = [];
  const add = (name: string, of: Schema, at: string) => {
    const own = `${id}.${name}`;
    nodes.push({ id: own, path: at, name, role: 'member', required: required.includes(name), ...describe(build, of, at, own, trail) });
  };
  if (isObject(schema.properties)) {
    for (const [name, of] of Object.entries(schema.properties)) add(name, of as Schema, memberPath(path, name));
  }
  if (isObject(schema.patternProperties)) {
    for (const [pattern, of] of Object.entries(schema.patternProperties)) add(`/${pattern}/`, of as Schema, `${path}.*`);
  }
  if (isObject(schema.additionalProperties)) add('*', schema.additionalProperties, `${path}.*`);
  return nodes;
}

/** Arrays are shown with the members of what they hold. */
function withItems(build: Build, { schema, trail }: Flat, path: string, id: string, described: Described): Described {
  const places = [...schemas(schema.prefixItems), ...(Array.isArray(schema.items) ? schemas(schema.items) : [])];
  const tuple = places.map((of, at): SchemaNode => {
    const own = `${id}[${at}]`;
    return { id: own, path: `${path}[${at}]`, name: `[${at}]`, role: 'member', required: false, ...describe(build, of, `${path}[${at}]`, own, trail) };
  });
  if (!isObject(schema.items)) return { ...described, children: [...described.children, ...tuple] };
  const each = describe(build, schema.items, `${path}[*]`, `${id}[*]`, trail);
  const type = each.type === 'any' ? described.type : described.type.replace(/^array|^any/, `array of ${each.type}`);
  return {
    ...described,
    type,
    description: described.description || each.description,
    facts: [...described.facts, ...each.facts],
    policy: described.policy ?? each.policy,
    repeats: described.repeats ?? each.repeats,
    children: [...described.children, ...tuple, ...each.children],
  };
}

type Variants = (described: Described, children: SchemaNode[]) => Partial<Described>;

/** oneOf and anyOf: simple ones become a type such as `string or null`, others children. */
function alternatives(build: Build, schema: SchemaObject, path: string, id: string, trail: string[]): Variants {
  const all = [...schemas(schema.oneOf), ...schemas(schema.anyOf)];
  if (all.length === 0) return (_, children) => ({ children });
  const nodes = all.map((of, at): SchemaNode => {
    const own = `${id}|${at}`;
    const variant = describe(build, of, path, own, trail);
    const reference = isObject(of) && typeof of.$ref === 'string' ? nameOf(of.$ref) : '';
    return { id: own, path, name: variant.title || reference || String(at + 1), role: 'variant', required: false, ...variant };
  });
  return (described, children) => {
    const types = [...new Set([described.type, ...nodes.map((node) => node.type)].filter((type) => type !== 'any'))];
    const real = nodes.filter((node) => node.type !== 'null');
    const [only] = real;
    const type = types.length > 0 ? types.join(' or ') : 'any';
    if (real.length === 1 && only) {
      return {
        type,
        description: described.description || only.description,
        facts: [...described.facts, ...only.facts],
        repeats: only.repeats,
        policy: described.policy ?? only.policy,
        children: [...children, ...only.children],
      };
    }
    const simple = real.every((node) => node.children.length === 0 && node.facts.length === 0 && !node.description && !node.repeats);
    return { type, children: simple ? children : [...children, ...nodes] };
  };
}
