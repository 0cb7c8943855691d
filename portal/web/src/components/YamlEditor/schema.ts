// JSON Schema as far as the schemas of resources go: what may stand at a place of a document.

export interface SchemaObject {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export type Schema = boolean | SchemaObject;
export type Step = string | number;

/** How many references are followed in a row: a schema cannot make us go round for ever. */
const REFERENCES_MAX = 16;

function referred(root: SchemaObject, schema: Schema): SchemaObject {
  let at = schema;
  for (let hops = 0; hops < REFERENCES_MAX && typeof at === 'object' && at.$ref; hops += 1) {
    const name = at.$ref.replace('#/$defs/', '');
    // A description beside a reference says more than that of what it refers to.
    const { description } = at;
    const to: Schema = root.$defs?.[name] ?? {};
    at = typeof to === 'object' && description ? { ...to, description } : to;
  }
  return typeof at === 'object' ? at : {};
}

/** Everything that a schema allows, with references and alternatives followed. */
export function alternatives(root: SchemaObject, schema: Schema): SchemaObject[] {
  const one = referred(root, schema);
  const several = one.oneOf ?? one.anyOf;
  if (!several) return [one];
  return several.flatMap((other) => alternatives(root, other)).map((other) =>
    other.description ? other : { ...other, description: one.description },
  );
}

/** The alternatives that what is written does not exclude: by constants such as `kind`. */
export function fitting(root: SchemaObject, all: SchemaObject[], value: unknown): SchemaObject[] {
  if (typeof value !== 'object' || value === null) return all;
  const members = value as Record<string, unknown>;
  const fits = all.filter((schema) =>
    Object.entries(schema.properties ?? {}).every(([name, of]) => {
      const { const: wanted } = referred(root, of);
      return wanted === undefined || members[name] === undefined || members[name] === wanted;
    }),
  );
  return fits.length > 0 ? fits : all;
}

/** The schemas of a member or element of what has one of these schemas. */
function inside(root: SchemaObject, all: SchemaObject[], step: Step): SchemaObject[] {
  return all.flatMap((schema) => {
    const of =
      typeof step === 'number'
        ? schema.items
        : (schema.properties?.[step] ?? (schema.additionalProperties || undefined));
    return of === undefined ? [] : alternatives(root, of);
  });
}

/** What may stand at a place of a document that says `value`. */
export function schemasAt(root: SchemaObject, value: unknown, path: Step[]): SchemaObject[] {
  let here: unknown = value;
  let all = fitting(root, alternatives(root, root), here);
  for (const step of path) {
    here = (here as Record<Step, unknown> | null | undefined)?.[step];
    all = fitting(root, inside(root, all, step), here);
  }
  return all;
}

export function typesOf(schema: SchemaObject): string[] {
  if (schema.type === undefined) return [];
  return Array.isArray(schema.type) ? schema.type : [schema.type];
}

/** The values of a schema that has only a few. */
export function valuesOf(schema: SchemaObject): unknown[] {
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum;
  return typesOf(schema).includes('boolean') ? [true, false] : [];
}
