import { createFileRoute, notFound } from '@tanstack/react-router';
import { sourceQuery } from '~/api/editing';
import { ExistingResource } from '~/features/editor/ExistingResource';
import { editedKind } from '~/features/editor/kinds';

export const Route = createFileRoute('/_signed/edit/$kinds/$name')({
  loader: async ({ context, params }) => {
    const kind = editedKind(params.kinds);
    if (!kind) throw notFound();
    await context.queries.query(sourceQuery(kind, params.name));
    return { kind };
  },
  component: Page,
});

function Page() {
  const { kind } = Route.useLoaderData();
  const { name } = Route.useParams();
  return <ExistingResource key={`${kind}/${name}`} kind={kind} name={name} />;
}
