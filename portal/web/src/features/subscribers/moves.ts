// Which moves a subscription has, and who may make them. The server decides; this only keeps out of
// sight what would be refused.
import type { SubscriptionMove } from '~/api/moves';
import type { Resource } from '~/api/resources';
import type { Subscription } from '~/api/resources.gen';
import { hasRole, type Who } from '~/api/session';

export type State = NonNullable<Subscription['state']>;
export type OfSubscription = Resource<'Subscription'>;

export const STATES: State[] = ['pending', 'active', 'suspended', 'rejected', 'expired', 'revoked'];

/** Absent, it is active. */
export const stateOf = ({ spec }: OfSubscription): State => spec.state ?? 'active';

/** The moves of whoever decides, and of whoever asked. */
const DECIDE: Record<State, SubscriptionMove[]> = {
  pending: ['approve', 'reject'],
  active: ['suspend', 'recertify', 'revoke'],
  suspended: ['resume', 'recertify', 'revoke'],
  rejected: [],
  expired: [],
  revoked: [],
};
const ASK: Record<State, SubscriptionMove[]> = {
  pending: ['revoke'], active: ['revoke'], suspended: ['revoke'], rejected: ['renew'], expired: ['renew'], revoked: [],
};

/** A team's side: of an endpoint, to decide; of an application, to ask. */
const owns = (who: Who, role: 'owner' | 'developer', team: string | null | undefined) =>
  hasRole(who) || (who.roles.some((one) => one === role || one === 'owner') && typeof team === 'string' && who.teams.includes(team));

export function mayDecide(who: Who, endpointOwner: string | null | undefined): boolean {
  return hasRole(who, 'securityOfficer') || owns(who, 'owner', endpointOwner);
}

export function mayAsk(who: Who, applicationOwner: string | null | undefined): boolean {
  return owns(who, 'developer', applicationOwner);
}

export function movesOf(subscription: OfSubscription, decides: boolean, asks: boolean): SubscriptionMove[] {
  const state = stateOf(subscription);
  const { recertifyBy } = subscription.spec;
  const all = [...(decides ? DECIDE[state] : []), ...(asks ? ASK[state] : [])];
  // Confirming is of use where somebody waits for it.
  return [...new Set(all)].filter((move) => move !== 'recertify' || Boolean(recertifyBy));
}
