import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { SubscribePage } from '~/features/subscribe/SubscribePage';

interface Search {
  /** The plan that is chosen already. */
  plan?: string;
  /** What was asked for: its state is shown. */
  subscription?: string;
}

export const Route = createFileRoute('/_signed/endpoints/$name_/subscribe')({
  validateSearch: (search): Search => ({
    plan: typeof search.plan === 'string' ? search.plan : undefined,
    subscription: typeof search.subscription === 'string' ? search.subscription : undefined,
  }),
  loader: ({ context, params }) => context.queries.query(resourceQuery('Endpoint', params.name)),
  component: Page,
});

function Page() {
  const { name } = Route.useParams();
  return <SubscribePage key={name} name={name} />;
}
