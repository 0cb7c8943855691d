import { createFileRoute, redirect } from '@tanstack/react-router';
import { sessionQuery } from '~/api/session';
import { SignInPage } from '~/features/session/SignInPage';

export const Route = createFileRoute('/sign-in')({
  // Only pages of this portal: whoever made the link does not choose another site.
  validateSearch: (search): { returnTo?: string } => {
    const to = search.returnTo;
    return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { returnTo: to } : {};
  },
  beforeLoad: async ({ context }) => {
    if (await context.queries.query({ ...sessionQuery, staleTime: 'static' })) throw redirect({ to: '/' });
  },
  component: SignIn,
});

function SignIn() {
  return <SignInPage returnTo={Route.useSearch().returnTo ?? '/'} />;
}
