// What a plan makes of a schema: the owner's tree beside the one that subscribers see.
import { walk, type SchemaNode } from './model';

export type Effect =
  | { kind: 'removed' }
  | { kind: 'changed'; action: string; type: string }
  /** It stays, but may be missing now. */
  | { kind: 'optional' };

/** What happens to which node, by the ids of `full`. */
export function compare(full: SchemaNode, seen: SchemaNode): Map<string, Effect> {
  const effects = new Map<string, Effect>();
  compareNode(full, seen, effects);
  return effects;
}

function compareNode(full: SchemaNode, seen: SchemaNode, effects: Map<string, Effect>) {
  if (seen.policy) effects.set(full.id, { kind: 'changed', action: seen.policy, type: seen.type });
  else if (full.required && !seen.required) effects.set(full.id, { kind: 'optional' });
  const others = new Map(seen.children.map((child) => [`${child.role}:${child.name}`, child]));
  for (const child of full.children) {
    const other = others.get(`${child.role}:${child.name}`);
    if (other) compareNode(child, other, effects);
    else walk(child, (gone) => effects.set(gone.id, { kind: 'removed' }));
  }
}
