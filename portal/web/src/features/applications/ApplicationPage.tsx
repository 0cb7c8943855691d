import { Button, Group, Tabs, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconEdit, IconKey, IconPlugConnected, IconStethoscope, IconTrash } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { stringify } from 'yaml';
import { resourceQuery } from '~/api/resources';
import { AsCode, curl } from '~/components/AsCode';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { mayAsk } from '~/features/subscribers/moves';
import { applications as words } from '~/strings/applications';
import { keysOf, subscriptionsOf } from './ApplicationsTable';
import { CheckTab } from './CheckTab';
import { DeleteApplication } from './DeleteApplication';
import { EditApplication } from './EditApplication';
import type { Tab } from './filters';
import { KeysTab } from './KeysTab';
import { SubscriptionsTab } from './SubscriptionsTab';

const route = getRouteApi('/_signed/applications/$name');
const ICON = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;

export function ApplicationPage({ name }: { name: string }) {
  const { who } = route.useRouteContext();
  const { tab = 'subscriptions' } = route.useSearch();
  const navigate = route.useNavigate();
  const application = useSuspenseQuery(resourceQuery('Application', name)).data;
  const subscriptions = useQuery(subscriptionsOf(name));
  const keys = useQuery(keysOf(name));
  const [editing, edit] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  const { spec } = application;
  const mine = mayAsk(who, spec.owner);
  const all = [application, ...(subscriptions.data?.items ?? []), ...(keys.data?.items ?? [])];
  const code = {
    yaml: all.map((one) => stringify(one)).join('---\n'),
    curl: curl('GET', `/applications/${name}`),
    cli: `sluicegate describe application ${name}`,
  };
  const go = (to: string | null) => void navigate({ search: to === 'subscriptions' ? {} : { tab: to as Tab }, replace: true });
  const attributes = Object.entries(spec.attributes ?? {});
  return (
    <>
      <PageHeader
        title={name}
        lead={(
          <>
            <Text size="sm" c="dimmed">{spec.owner ? words.owner(spec.owner) : words.noOwner}</Text>
            <Text c={spec.description ? undefined : 'dimmed'}>{spec.description ? spec.description : words.noDescription}</Text>
            {attributes.length > 0 ? (
              <Text size="sm" c="dimmed">{words.attributes}: {attributes.map(([key, value]) => `${key} = ${value}`).join(', ')}</Text>
            ) : null}
          </>
        )}
        actions={(
          <>
            <AsCode code={code} />
            {mine ? <Button variant="default" leftSection={<IconEdit {...ICON} />} onClick={edit.open}>{words.edit}</Button> : null}
            {mine && subscriptions.data && keys.data ? (
              <Button variant="default" leftSection={<IconTrash {...ICON} />} onClick={remove.open}>{words.remove}</Button>
            ) : null}
          </>
        )}
      />
      <Tabs value={tab} onChange={go} keepMounted={false}>
        <Tabs.List mb="md" aria-label={words.tabsOf(name)}>
          <Tabs.Tab value="subscriptions" leftSection={<IconPlugConnected {...ICON} />}>{words.tabs.subscriptions}</Tabs.Tab>
          <Tabs.Tab value="keys" leftSection={<IconKey {...ICON} />}>{words.tabs.keys}</Tabs.Tab>
          <Tabs.Tab value="check" leftSection={<IconStethoscope {...ICON} />}>{words.tabs.check}</Tabs.Tab>
        </Tabs.List>
        {subscriptions.error ?? keys.error ? <Group mb="md"><ProblemAlert error={subscriptions.error ?? keys.error} /></Group> : null}
        <Tabs.Panel value="subscriptions">
          <SubscriptionsTab who={who} mine={mine} subscriptions={subscriptions.data?.items} />
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <KeysTab who={who} application={application} mine={mine} keys={keys.data?.items} subscriptions={subscriptions.data?.items ?? []} />
        </Tabs.Panel>
        <Tabs.Panel value="check">
          <CheckTab application={name} onTab={go} />
        </Tabs.Panel>
      </Tabs>
      <EditApplication application={application} opened={editing} onClose={edit.close} />
      <DeleteApplication name={name} subscriptions={subscriptions.data?.items ?? []} keys={keys.data?.items ?? []} opened={removing} onClose={remove.close} />
    </>
  );
}
