// What the navigation offers, and to whom. The server decides; this only keeps out of sight what
// would be refused.
import {
  IconActivityHeartbeat, IconApps, IconBook2, IconChecklist, IconHome, IconKey, IconListSearch,
  IconShieldHalf, IconShieldCheck, IconUsers, IconUsersGroup, type Icon,
} from '@tabler/icons-react';
import type { Role } from '~/api/resources.gen';
import { s } from '~/strings';

export interface PageLink {
  to: string;
  title: string;
  icon: Icon;
  /** Whose it is; absent: everybody's. */
  roles?: Role[];
}

export interface Section {
  title: string;
  pages: PageLink[];
}

const { pages, sections } = s.shell;

export const SECTIONS: Section[] = [
  {
    title: sections.use,
    pages: [
      { to: '/', title: pages.home, icon: IconHome },
      { to: '/endpoints', title: pages.endpoints, icon: IconBook2 },
      { to: '/applications', title: pages.applications, icon: IconApps },
      { to: '/tokens', title: pages.tokens, icon: IconKey },
    ],
  },
  {
    title: sections.own,
    pages: [
      { to: '/approvals', title: pages.approvals, icon: IconChecklist, roles: ['owner', 'securityOfficer'] },
      { to: '/subscribers', title: pages.subscribers, icon: IconUsersGroup, roles: ['owner', 'securityOfficer', 'operator', 'auditor'] },
      { to: '/policies', title: pages.policies, icon: IconShieldHalf, roles: ['owner', 'securityOfficer', 'operator', 'auditor'] },
      { to: '/discover', title: pages.discover, icon: IconListSearch, roles: ['owner', 'operator'] },
    ],
  },
  {
    title: sections.operate,
    pages: [
      { to: '/health', title: pages.health, icon: IconActivityHeartbeat, roles: ['operator', 'securityOfficer', 'auditor'] },
      { to: '/audit', title: pages.audit, icon: IconShieldCheck, roles: ['securityOfficer', 'auditor'] },
      { to: '/people', title: pages.people, icon: IconUsers, roles: [] },
    ],
  },
];
