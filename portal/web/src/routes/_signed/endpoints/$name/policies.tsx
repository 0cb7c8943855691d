import { createFileRoute } from '@tanstack/react-router';
import { PoliciesPage } from '~/features/endpoint/policies/PoliciesPage';

export const Route = createFileRoute('/_signed/endpoints/$name/policies')({ component: Page });

function Page() {
  return <PoliciesPage name={Route.useParams().name} />;
}
