import { createFileRoute } from '@tanstack/react-router';
import { readFilters } from '~/features/subscribers/filters';
import { SubscribersPage } from '~/features/subscribers/SubscribersPage';

export const Route = createFileRoute('/_signed/subscribers')({
  validateSearch: readFilters,
  component: SubscribersPage,
});
