import { createFileRoute } from '@tanstack/react-router';
import { ApplicationsPage } from '~/features/applications/ApplicationsPage';
import { readFilters } from '~/features/applications/filters';

export const Route = createFileRoute('/_signed/applications/')({
  validateSearch: readFilters,
  component: ApplicationsPage,
});
