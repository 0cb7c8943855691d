// The rows of a tree that are in sight: what is open, and what is looked for.
import type { SchemaNode } from './model';

export interface Row {
  node: SchemaNode;
  level: number;
  /** Its place among its siblings, from 1. */
  place: number;
  siblings: number;
  parent?: string;
  open: boolean;
}

/** With more nodes than this a tree begins with its first level. */
const OPEN_MAX = 120;

export function startOpen(root: SchemaNode): Set<string> {
  const branches: string[] = [];
  let nodes = 0;
  const see = (node: SchemaNode) => {
    nodes++;
    if (node.children.length > 0) branches.push(node.id);
    node.children.forEach(see);
  };
  see(root);
  return new Set(nodes > OPEN_MAX ? [root.id] : branches);
}

/** The ids of nodes that match the words, and of what leads to them; `undefined`: nothing is looked for. */
export function matching(root: SchemaNode, words: string): Set<string> | undefined {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return undefined;
  const found = new Set<string>();
  const see = (node: SchemaNode): boolean => {
    const text = [node.name, node.title, node.description, node.type, node.path, ...node.facts].join('\n').toLowerCase();
    const below = node.children.map(see).some(Boolean);
    const matches = below || (node.role !== 'root' && text.includes(wanted));
    if (matches) found.add(node.id);
    return matches;
  };
  see(root);
  return found;
}

/** The rows in order; while something is looked for, all that leads to it is open. */
export function rows(root: SchemaNode, opened: Set<string>, found?: Set<string>): Row[] {
  const all: Row[] = [];
  const see = (nodes: SchemaNode[], level: number, parent?: string) => {
    const kept = found ? nodes.filter((node) => found.has(node.id)) : nodes;
    kept.forEach((node, at) => {
      const open = node.children.length > 0 && (found ? node.children.some((child) => found.has(child.id)) : opened.has(node.id));
      all.push({ node, level, place: at + 1, siblings: kept.length, parent, open });
      if (open) see(node.children, level + 1, node.id);
    });
  };
  see(root.children.length > 0 ? root.children : [root], 1);
  return all;
}
