// Everything that only people who are signed in see.
import { createFileRoute, redirect } from '@tanstack/react-router';
import { sessionQuery } from '~/api/session';
import { Shell } from '~/app/Shell';

export const Route = createFileRoute('/_signed')({
  beforeLoad: async ({ context, location }) => {
    const who = await context.queries.query({ ...sessionQuery, staleTime: 'static' });
    if (!who) throw redirect({ to: '/sign-in', search: { returnTo: location.href } });
    return { who };
  },
  component: Signed,
});

function Signed() {
  return <Shell who={Route.useRouteContext().who} />;
}
