import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '~/api/client';

export function connectQuery(subscription: string, credential?: string) {
  return queryOptions({
    queryKey: ['resources', 'Subscription', 'connect', subscription, credential],
    queryFn: () => {
      const params = { path: { name: subscription }, query: { credential } };
      return answered(api.GET('/api/v1/subscriptions/{name}/connect', { params }));
    },
  });
}
