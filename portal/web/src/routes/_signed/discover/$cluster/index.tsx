import { createFileRoute } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { ClusterPage } from '~/features/discover/ClusterPage';
import { readTopicFilters } from '~/features/discover/filters';

export const Route = createFileRoute('/_signed/discover/$cluster/')({
  validateSearch: readTopicFilters,
  loader: ({ context, params }) => context.queries.query(resourceQuery('Cluster', params.cluster)),
  component: ClusterPage,
});
