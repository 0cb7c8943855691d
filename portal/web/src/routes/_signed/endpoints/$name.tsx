import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { EndpointPage } from '~/features/endpoint/EndpointPage';

export const Route = createFileRoute('/_signed/endpoints/$name')({
  loader: ({ context, params }) => context.queries.query(resourceQuery('Endpoint', params.name)),
  component: Page,
});

function Page() {
  return <EndpointPage name={Route.useParams().name} />;
}
