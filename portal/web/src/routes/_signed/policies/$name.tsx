import { createFileRoute } from '@tanstack/react-router';
import { sourceQuery } from '~/api/editing';
import { PolicyPage, type Tab } from '~/features/policies/PolicyPage';

interface Search {
  tab?: Tab;
  /** The versions that are compared. */
  from?: string;
  to?: string;
}

const version = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);

export const Route = createFileRoute('/_signed/policies/$name')({
  validateSearch: (search): Search => ({
    ...(search.tab === 'versions' || search.tab === 'affected' ? { tab: search.tab } : {}),
    ...(version(search.from) ? { from: version(search.from) } : {}),
    ...(version(search.to) ? { to: version(search.to) } : {}),
  }),
  loader: ({ context, params }) => context.queries.query(sourceQuery('Policy', params.name)),
  component: Page,
});

function Page() {
  return <PolicyPage key={Route.useParams().name} />;
}
