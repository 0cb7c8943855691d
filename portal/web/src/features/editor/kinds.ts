// Which resources are edited as text, and where resources are shown.
import { KINDS, type Kind } from '~/api/resources';

/** The kind of a word in a URL, if resources of it are edited as text. */
export function editedKind(kinds: string): Kind | undefined {
  // What answers secrets when it is made has pages of its own.
  if (kinds === 'tokens' || kinds === 'credentials') return undefined;
  return (Object.keys(KINDS) as Kind[]).find((kind) => KINDS[kind] === kinds);
}

/** Where a resource is shown. */
export function pageOf(kind: Kind, name: string): string {
  const at = encodeURIComponent(name);
  if (kind === 'Endpoint') return `/endpoints/${at}`;
  if (kind === 'Policy') return `/policies/${at}`;
  if (kind === 'Cluster') return `/discover/${at}`;
  return `/edit/${KINDS[kind]}/${at}`;
}
