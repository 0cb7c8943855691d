import { createFileRoute } from '@tanstack/react-router';
import { Overview } from '~/features/endpoint/overview/Overview';

export const Route = createFileRoute('/_signed/endpoints/$name/')({ component: Page });

function Page() {
  return <Overview name={Route.useParams().name} />;
}
