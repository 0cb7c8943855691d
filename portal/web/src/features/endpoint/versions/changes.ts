// What is different between the schemas of two versions, field by field.
import { walk, type SchemaNode } from '../schema/model';

export interface Changes {
  added: string[];
  removed: string[];
  retyped: { path: string; before: string; after: string }[];
  nowRequired: string[];
  nowOptional: string[];
}

export function changes(before: SchemaNode, after: SchemaNode): Changes {
  const old = fields(before);
  const found: Changes = { added: [], removed: [], retyped: [], nowRequired: [], nowOptional: [] };
  const current = fields(after);
  for (const [id, node] of current) {
    const was = old.get(id);
    if (!was) found.added.push(node.path);
    else if (was.type !== node.type) found.retyped.push({ path: node.path, before: was.type, after: node.type });
    else if (was.required !== node.required) (node.required ? found.nowRequired : found.nowOptional).push(node.path);
  }
  for (const [id, node] of old) if (!current.has(id)) found.removed.push(node.path);
  return found;
}

export function isSame({ added, removed, retyped, nowRequired, nowOptional }: Changes): boolean {
  return [added, removed, retyped, nowRequired, nowOptional].every((list) => list.length === 0);
}

function fields(tree: SchemaNode): Map<string, SchemaNode> {
  const all = new Map<string, SchemaNode>();
  walk(tree, (node) => {
    if (node.role === 'member') all.set(node.id, node);
  });
  return all;
}
