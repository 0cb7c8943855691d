import { createFileRoute } from '@tanstack/react-router';
import { CataloguePage } from '~/features/catalogue/CataloguePage';
import { readFilters } from '~/features/catalogue/filters';

export const Route = createFileRoute('/_signed/endpoints/')({
  validateSearch: readFilters,
  component: CataloguePage,
});
