import { createFileRoute, notFound } from '@tanstack/react-router';
import { NewResource } from '~/features/editor/NewResource';
import { editedKind } from '~/features/editor/kinds';

export const Route = createFileRoute('/_signed/edit/$kinds/')({
  // The endpoint that a new plan is for.
  validateSearch: (search): { endpoint?: string } => (typeof search.endpoint === 'string' ? { endpoint: search.endpoint } : {}),
  loader: ({ params }) => {
    const kind = editedKind(params.kinds);
    if (!kind) throw notFound();
    return { kind };
  },
  component: Page,
});

function Page() {
  const { kind } = Route.useLoaderData();
  const { endpoint } = Route.useSearch();
  return <NewResource key={`${kind}/${endpoint ?? ''}`} kind={kind} endpoint={endpoint} />;
}
