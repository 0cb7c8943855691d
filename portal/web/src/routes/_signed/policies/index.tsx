import { createFileRoute } from '@tanstack/react-router';
import { PoliciesPage } from '~/features/policies/PoliciesPage';

export const Route = createFileRoute('/_signed/policies/')({
  validateSearch: (search): { q?: string } => (typeof search.q === 'string' && search.q ? { q: search.q } : {}),
  component: PoliciesPage,
});
