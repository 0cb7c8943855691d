import { createFileRoute } from '@tanstack/react-router';
import { VersionsPage } from '~/features/endpoint/versions/VersionsPage';

export const Route = createFileRoute('/_signed/endpoints/$name/versions')({ component: Page });

function Page() {
  return <VersionsPage name={Route.useParams().name} />;
}
