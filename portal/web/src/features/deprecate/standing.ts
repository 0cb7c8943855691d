// How far an application is on its way from an endpoint to the one that comes instead.
import type { OfSubscription } from '~/features/subscribers/moves';

export type Standing = 'moved' | 'both' | 'asked' | 'reads' | 'idle';

export interface Reader {
  application: string;
  /** Its subscription to what goes away, and to what comes instead. */
  old: OfSubscription;
  next?: OfSubscription;
}

const stateOf = ({ spec }: OfSubscription) => spec.state ?? 'active';

/** Whether it is one, or waits to be. */
export const isLive = (one: OfSubscription) => ['pending', 'active', 'suspended'].includes(stateOf(one));

/** Who has, or had, a subscription to what goes away: a line for each application, of whose subscriptions the live one counts. */
export function readersOf(old: OfSubscription[], next: OfSubscription[]): Reader[] {
  const rank = (one: OfSubscription) => (isLive(one) ? 0 : 1);
  const first = (all: OfSubscription[]) => new Map([...all].sort((one, other) => rank(other) - rank(one)).map((one) => [one.spec.application, one]));
  const after = first(next.filter(isLive));
  return [...first(old).values()]
    .map((one) => ({ application: one.spec.application, old: one, next: after.get(one.spec.application) }))
    // Whose access has ended without another is no reader any more.
    .filter((reader) => isLive(reader.old) || (reader.next && stateOf(reader.old) !== 'rejected'))
    .sort((one, other) => one.application.localeCompare(other.application));
}

/** `used`: whether it has read the old one within the last days; `undefined`: that is not known. */
export function standingOf({ old, next }: Reader, used: boolean | undefined): Standing {
  if (next && stateOf(next) === 'pending') return 'asked';
  if (next) return isLive(old) && used !== false ? 'both' : 'moved';
  return used === false ? 'idle' : 'reads';
}
