// The paths of a JSON Schema's members, to be proposed in rules.
interface Node {
  properties?: Record<string, Node>;
  items?: Node;
}

const DEPTH_MAX = 8;
const PATHS_MAX = 300;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function pathsOf(schema: unknown): string[] {
  const paths: string[] = [];
  const walk = (node: Node | undefined, at: string, depth: number) => {
    if (!node || typeof node !== 'object' || depth > DEPTH_MAX || paths.length >= PATHS_MAX) return;
    for (const [name, of] of Object.entries(node.properties ?? {})) {
      const path = PLAIN.test(name) ? `${at}.${name}` : `${at}['${name.replaceAll("'", "\\'")}']`;
      paths.push(path);
      walk(of, path, depth + 1);
    }
    walk(node.items, `${at}[*]`, depth + 1);
  };
  walk(schema as Node | undefined, '$', 0);
  return paths;
}
