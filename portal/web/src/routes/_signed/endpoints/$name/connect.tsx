import { createFileRoute } from '@tanstack/react-router';
import { ConnectPage } from '~/features/endpoint/connect/ConnectPage';
import { readConnectSearch } from '~/features/endpoint/connect/search';

export const Route = createFileRoute('/_signed/endpoints/$name/connect')({
  validateSearch: readConnectSearch,
  component: Page,
});

function Page() {
  return <ConnectPage name={Route.useParams().name} />;
}
