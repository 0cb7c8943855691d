// Who a subscription is for, as those may see it who decide about the subscription.
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import type { Resource } from './resources';

export function askingQuery(subscription: string) {
  return queryOptions({
    queryKey: ['resources', 'Application', 'of', subscription],
    queryFn: async () => {
      const params = { path: { name: subscription } };
      return (await answered(api.GET('/api/v1/subscriptions/{name}/application', { params }))) as unknown as Resource<'Application'>;
    },
  });
}
