// What owners write to the subscribers of an endpoint.
import { answered, api } from './client';
import type { components } from './openapi.gen';

export type Message = Partial<components['schemas']['MessageBody']>;
export type Told = components['schemas']['MessageSentBody'];

/** With `dryRun` it is only told who would be told. Without `plans` and `subscriptions`, it is for all. */
export function writeToSubscribers(endpoint: string, message: Message, dryRun = false): Promise<Told> {
  const { subject = null, text = null, plans = null, subscriptions = null } = message;
  const body = { subject, text, plans, subscriptions };
  const params = { path: { name: endpoint }, query: { dryRun } };
  return answered(api.POST('/api/v1/endpoints/{name}/messages', { params, body }));
}
