import { Button, Tabs } from '@mantine/core';
import { IconFileCode } from '@tabler/icons-react';
import { getRouteApi, Link } from '@tanstack/react-router';
import { hasRole } from '~/api/session';
import { AsCode, curl } from '~/components/AsCode';
import { PageHeader } from '~/components/PageHeader';
import { s } from '~/strings';
import { DriftList } from './DriftList';
import { Topics } from './Topics';

const words = s.discover.cluster;
const signed = getRouteApi('/_signed');
const route = getRouteApi('/_signed/discover/$cluster/');

export function ClusterPage() {
  const { cluster } = route.useParams();
  const filters = route.useSearch();
  const { who } = signed.useRouteContext();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader
        title={words.title(cluster)}
        lead={words.lead}
        actions={
          <>
            {hasRole(who, 'operator') ? (
              <Button variant="default" component={Link} to={`/edit/clusters/${cluster}`} leftSection={<IconFileCode size={16} aria-hidden />}>{words.edit}</Button>
            ) : null}
            <AsCode code={{ cli: `sluicegate discover ${cluster}\nsluicegate discover ${cluster} --drift`, curl: curl('GET', `/clusters/${cluster}/topics`) }} />
          </>
        }
      />
      <Tabs value={filters.tab ?? 'topics'} onChange={(tab) => void navigate({ search: tab === 'drift' ? { tab } : {}, replace: true })} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="topics">{words.topics}</Tabs.Tab>
          <Tabs.Tab value="drift">{words.drift}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="topics"><Topics key={cluster} cluster={cluster} filters={filters} onFilter={(search) => void navigate({ search, replace: true })} /></Tabs.Panel>
        <Tabs.Panel value="drift"><DriftList cluster={cluster} /></Tabs.Panel>
      </Tabs>
    </>
  );
}
