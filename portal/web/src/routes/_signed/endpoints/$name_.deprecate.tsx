import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { DeprecatePage } from '~/features/deprecate/DeprecatePage';

export const Route = createFileRoute('/_signed/endpoints/$name_/deprecate')({
  loader: ({ context, params }) => context.queries.query(resourceQuery('Endpoint', params.name)),
  component: Page,
});

function Page() {
  const { name } = Route.useParams();
  return <DeprecatePage key={name} name={name} />;
}
