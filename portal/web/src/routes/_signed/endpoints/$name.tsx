import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { EndpointPage } from '~/features/endpoint/EndpointPage';

export const Route = createFileRoute('/_signed/endpoints/$name')({
  loader: ({ context, params }) => context.queries.query(resourceQuery('Endpoint', params.name)),
  component: Page,
});

function Page() {
  const { name } = Route.useParams();
  return <EndpointPage key={name} name={name} />;
}
