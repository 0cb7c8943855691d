import { createFileRoute } from '@tanstack/react-router';
import type { Role } from '~/api/resources.gen';
import { PeoplePage } from '~/features/people/PeoplePage';
import { ROLES } from '~/features/people/roles';
import { TABS, type PeopleTab } from '~/features/people/tabs';

interface Search {
  tab?: PeopleTab;
  q?: string;
  role?: Role;
}

export const Route = createFileRoute('/_signed/people')({
  validateSearch: (search): Search => {
    const tab = TABS.find((one) => one === search.tab && one !== 'users');
    const role = ROLES.find((one) => one === search.role);
    return {
      ...(tab ? { tab } : {}),
      ...(role ? { role } : {}),
      ...(typeof search.q === 'string' && search.q ? { q: search.q } : {}),
    };
  },
  component: PeoplePage,
});
