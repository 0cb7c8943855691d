// Moves of resources along their tables, and what else is done to one resource at a time.
import { answered, api } from './client';
import type { Applied } from './resources';

export type SubscriptionMove = 'approve' | 'reject' | 'suspend' | 'resume' | 'recertify' | 'renew' | 'revoke';

export interface MoveDetails {
  reason?: string;
  /** When the subscription ends; absent: as its plan has it. */
  expiresAt?: string | null;
}

export function moveSubscription(name: string, move: SubscriptionMove, details: MoveDetails = {}): Promise<Applied> {
  const body = { reason: details.reason ?? '', expiresAt: details.expiresAt ?? null };
  return answered(api.POST('/api/v1/subscriptions/{name}/{move}', { params: { path: { name, move } }, body }));
}

export function revokeCredential(name: string): Promise<Applied> {
  return answered(api.POST('/api/v1/credentials/{name}/revoke', { params: { path: { name } } }));
}

export function revokeToken(name: string): Promise<Applied> {
  return answered(api.POST('/api/v1/tokens/{name}/revoke', { params: { path: { name } } }));
}

/** One's own password; all sessions of the user end with it. */
export async function changePassword(user: string, current: string, password: string): Promise<void> {
  const params = { path: { name: user } };
  await answered(api.PUT('/api/v1/users/{name}/password', { params, body: { current, password } }));
}

export type EndpointMove = 'publish' | 'withdraw' | 'deprecate' | 'retire';

export interface EndpointMoveDetails {
  /** With `deprecate`: the day after which it may be retired. */
  sunset?: string | null;
  /** With `deprecate`: the endpoint to use instead. */
  successor?: string | null;
}

export function moveEndpoint(name: string, move: EndpointMove, { sunset = null, successor = null }: EndpointMoveDetails = {}): Promise<Applied> {
  return answered(api.POST('/api/v1/endpoints/{name}/{move}', { params: { path: { name, move } }, body: { sunset, successor } }));
}
