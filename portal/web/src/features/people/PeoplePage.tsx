import { Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { AsCode, curl } from '~/components/AsCode';
import { PageHeader } from '~/components/PageHeader';
import { s } from '~/strings';
import { Groups } from './Groups';
import { TABS, type PeopleTab } from './tabs';
import { Users } from './Users';

const words = s.people;
const route = getRouteApi('/_signed/people');

export function PeoplePage() {
  const { tab = 'users', q, role } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} actions={<AsCode code={{ cli: `sluicegate get ${tab}`, curl: curl('GET', `/${tab}`) }} />} />
      <Tabs value={tab} onChange={(next) => void navigate({ search: next === 'users' ? {} : { tab: next as PeopleTab }, replace: true })} keepMounted={false}>
        <Tabs.List mb="lg">
          {TABS.map((one) => <Tabs.Tab key={one} value={one}>{words.tabs[one]}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="users"><Users q={q} role={role} onFilter={(search) => void navigate({ search, replace: true })} /></Tabs.Panel>
        <Tabs.Panel value="teams"><Groups kind="Team" /></Tabs.Panel>
        <Tabs.Panel value="domains"><Groups kind="Domain" /></Tabs.Panel>
      </Tabs>
    </>
  );
}
