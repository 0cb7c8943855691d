import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { TopicPage } from '~/features/discover/TopicPage';

export const Route = createFileRoute('/_signed/discover/$cluster/$topic')({
  loader: ({ context, params }) => context.queries.query(resourceQuery('Cluster', params.cluster)),
  component: Page,
});

function Page() {
  const { cluster, topic } = Route.useParams();
  return <TopicPage key={`${cluster}/${topic}`} />;
}
