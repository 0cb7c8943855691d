import { createRouter } from '@tanstack/react-router';
import { NotFound } from '~/components/NotFound';
import { ProblemPage } from '~/components/ProblemPage';
import { routeTree } from '~/routeTree.gen';
import { queries } from './queries';

export const router = createRouter({
  routeTree,
  context: { queries },
  defaultPreload: 'intent',
  // Answers are kept by the queries.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: ProblemPage,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
