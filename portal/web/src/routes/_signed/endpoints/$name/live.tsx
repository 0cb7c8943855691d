import { createFileRoute } from '@tanstack/react-router';
import { LivePage } from '~/features/endpoint/live/LivePage';
import { readLiveSearch } from '~/features/endpoint/live/search';

export const Route = createFileRoute('/_signed/endpoints/$name/live')({
  validateSearch: readLiveSearch,
  component: Page,
});

function Page() {
  return <LivePage name={Route.useParams().name} />;
}
