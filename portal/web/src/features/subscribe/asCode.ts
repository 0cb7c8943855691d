import { stringify } from 'yaml';
import type { Resource } from '~/api/resources';
import { curl, type Code } from '~/components/AsCode';

/** An apply of documents, as text. */
export function applyAsCode(all: Resource[]): Code {
  const yaml = all.map((one) => stringify(one)).join('---\n');
  return { yaml, curl: curl('POST', '/apply', yaml), cli: `sluicegate apply -f - <<'END'\n${yaml.trimEnd()}\nEND` };
}
