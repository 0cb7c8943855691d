import { createFileRoute } from '@tanstack/react-router';
import { ApprovalsPage } from '~/features/approvals/ApprovalsPage';
import { readFilters } from '~/features/approvals/filters';

export const Route = createFileRoute('/_signed/approvals')({
  validateSearch: readFilters,
  component: ApprovalsPage,
});
