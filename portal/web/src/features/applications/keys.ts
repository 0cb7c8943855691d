// What credentials are, and whether they work.
import type { Credential } from '~/api/resources.gen';
import type { Resource } from '~/api/resources';

export type Key = Resource<'Credential'>;
export type KeyState = 'works' | 'ending' | 'expired' | 'revoked';
export type KeyKind = 'secret' | 'oauth' | 'certificate';

const SOON_MS = 14 * 86_400_000;

export function kindOf({ oauth, certificate }: Credential): KeyKind {
  return oauth ? 'oauth' : certificate ? 'certificate' : 'secret';
}

export function stateOfKey({ revoked, expiresAt }: Credential, now = Date.now()): KeyState {
  if (revoked) return 'revoked';
  if (!expiresAt) return 'works';
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? 'expired' : left < SOON_MS ? 'ending' : 'works';
}

export const worksStill = ({ spec }: Key) => ['works', 'ending'].includes(stateOfKey(spec));
