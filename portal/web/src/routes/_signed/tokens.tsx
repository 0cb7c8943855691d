import { createFileRoute } from '@tanstack/react-router';
import { readFilters } from '~/features/tokens/filters';
import { TokensPage } from '~/features/tokens/TokensPage';

export const Route = createFileRoute('/_signed/tokens')({
  validateSearch: readFilters,
  component: TokensPage,
});
