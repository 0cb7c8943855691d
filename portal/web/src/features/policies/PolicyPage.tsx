import { Button, Group, Tabs } from '@mantine/core';
import { IconFileCode } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { sourceQuery } from '~/api/editing';
import { hasRole } from '~/api/session';
import { AsCode, curl } from '~/components/AsCode';
import { ToneBadge } from '~/components/Badges';
import { PageHeader } from '~/components/PageHeader';
import { s } from '~/strings';
import { Affected } from './Affected';
import { documentText } from './rules';
import { Studio } from './Studio';
import { usePlans, usesIn } from './usage';
import { Versions } from './Versions';

const words = s.policies.page;
const signed = getRouteApi('/_signed');
const route = getRouteApi('/_signed/policies/$name');

export type Tab = 'rules' | 'versions' | 'affected';

export function PolicyPage() {
  const { name } = route.useParams();
  const { tab = 'rules', from, to } = route.useSearch();
  const { who } = signed.useRouteContext();
  const navigate = route.useNavigate();
  const source = useSuspenseQuery(sourceQuery('Policy', name)).data;
  const plans = usePlans();
  const { spec } = source.resource;
  const uses = usesIn(plans.data?.items ?? [], name);
  const mayWrite = hasRole(who, 'securityOfficer') || (hasRole(who, 'owner') && who.teams.includes(spec.owner ?? ''));
  const yaml = documentText(name, spec, spec.rules);
  const badges = (
    <>
      <ToneBadge tone="quiet">{words.version(spec.version ?? 1)}</ToneBadge>
      {spec.draft ? <ToneBadge tone="warn">{words.draft}</ToneBadge> : null}
    </>
  );
  return (
    <>
      <PageHeader
        title={name}
        lead={spec.description ?? words.noDescription}
        badges={badges}
        actions={
          <Group gap="xs">
            {mayWrite ? (
              <Button variant="default" component={Link} to={`/edit/policies/${name}`} leftSection={<IconFileCode size={16} aria-hidden />}>{words.edit}</Button>
            ) : null}
            <AsCode code={{ yaml, curl: curl('PUT', `/policies/${name}`, yaml), cli: `sluicegate get policy ${name} -o yaml\nsluicegate policy versions ${name}\nsluicegate policy publish ${name} --dry-run` }} />
          </Group>
        }
      />
      <Tabs value={tab} onChange={(next) => void navigate({ search: { tab: next === 'rules' ? undefined : (next as Tab) }, replace: true })} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="rules">{words.tabs.rules}</Tabs.Tab>
          <Tabs.Tab value="versions">{words.tabs.versions}</Tabs.Tab>
          <Tabs.Tab value="affected">{words.tabs.affected(uses.length)}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rules"><Studio name={name} source={source} uses={uses} mayWrite={mayWrite} /></Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions name={name} spec={spec} uses={uses} mayWrite={mayWrite} from={from} to={to} onCompare={(older, newer) => void navigate({ search: { tab, from: older, to: newer }, replace: true })} />
        </Tabs.Panel>
        <Tabs.Panel value="affected"><Affected uses={uses} /></Tabs.Panel>
      </Tabs>
    </>
  );
}
