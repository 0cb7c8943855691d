import { createFileRoute } from '@tanstack/react-router';
import { DocsPage } from '~/features/endpoint/docs/DocsPage';

export const Route = createFileRoute('/_signed/endpoints/$name/docs')({ component: Page });

function Page() {
  return <DocsPage name={Route.useParams().name} />;
}
