import { createFileRoute } from '@tanstack/react-router';
import { SchemaPage } from '~/features/endpoint/schema/SchemaPage';
import { readSchemaSearch } from '~/features/endpoint/schema/search';

export const Route = createFileRoute('/_signed/endpoints/$name/schema')({
  validateSearch: readSchemaSearch,
  component: Page,
});

function Page() {
  return <SchemaPage name={Route.useParams().name} />;
}
