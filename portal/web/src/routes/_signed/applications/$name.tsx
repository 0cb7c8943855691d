import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { ApplicationPage } from '~/features/applications/ApplicationPage';
import { readTab } from '~/features/applications/filters';

export const Route = createFileRoute('/_signed/applications/$name')({
  validateSearch: readTab,
  loader: ({ context, params }) => context.queries.query(resourceQuery('Application', params.name)),
  component: Page,
});

function Page() {
  const { name } = Route.useParams();
  return <ApplicationPage key={name} name={name} />;
}
