import { Anchor, Badge, Button, Group, Skeleton, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch, IconShieldHalf } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { conditions, pagesQuery, plain, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { AsCode, curl } from '~/components/AsCode';
import { ToneBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { useTyped } from '~/components/useTyped';
import { s } from '~/strings';
import { NewPolicy } from './NewPolicy';
import { usePlans, usesIn } from './usage';

const words = s.policies.list;
const signed = getRouteApi('/_signed');
const route = getRouteApi('/_signed/policies/');

export function PoliciesPage() {
  const { q } = route.useSearch();
  const { who } = signed.useRouteContext();
  const navigate = route.useNavigate();
  const { typed, type } = useTyped(q ?? '', (text) => void navigate({ search: { q: text.trim() || undefined }, replace: true }));
  const [making, setMaking] = useState(false);
  const found = useInfiniteQuery({ ...pagesQuery('Policy', { filter: conditions(q && `name~${plain(q)}`) }), placeholderData: keepPreviousData });
  const plans = usePlans();
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const total = found.data?.pages[0]?.total;
  const mayWrite = hasRole(who, 'securityOfficer', 'owner');
  const make = mayWrite ? <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>{words.make}</Button> : null;
  const columns: Column<Resource<'Policy'>>[] = [
    {
      title: words.columns.policy,
      width: 'minmax(240px, 3fr)',
      cell: ({ metadata, spec }) => (
        <>
          <Anchor component={Link} to={`/policies/${metadata.name}`} size="sm" fw={600}>{metadata.name}</Anchor>
          {spec.description ? <Text size="xs" c="dimmed" lineClamp={1}>{spec.description}</Text> : null}
        </>
      ),
    },
    {
      title: words.columns.version,
      width: '150px',
      cell: ({ spec }) => (
        <Group gap={6} wrap="nowrap">
          <Text size="sm">{String(spec.version ?? 1)}</Text>
          {spec.draft ? <ToneBadge tone="warn">{s.policies.page.draft}</ToneBadge> : null}
        </Group>
      ),
    },
    { title: words.columns.rules, width: '80px', cell: ({ spec }) => spec.rules.length },
    { title: words.columns.owner, width: 'minmax(110px, 1fr)', cell: ({ spec }) => spec.owner ?? <Text size="sm" c="dimmed">{words.officers}</Text> },
    { title: words.columns.uses, width: 'minmax(180px, 2fr)', cell: ({ metadata }) => <Uses plans={usesIn(plans.data?.items ?? [], metadata.name).map(({ plan }) => plan)} /> },
  ];
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} actions={<>{make}<AsCode code={{ cli: 'sluicegate get policies', curl: curl('GET', '/policies') }} /></>} />
      <Group mb="md">
        <TextInput
          type="search"
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          placeholder={words.search}
          aria-label={words.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          style={{ flex: '1 1 240px' }}
          maw={420}
        />
        <Text size="sm" c="dimmed" role="status" ml="auto">{total === undefined ? '' : words.found(total)}</Text>
      </Group>
      {found.error ? <ProblemAlert error={found.error} /> : null}
      {found.isPending ? <Skeleton height={200} /> : null}
      {total === 0 ? (
        q ? <Empty title={words.nothing} text={words.nothingText} />
          : <Empty icon={<IconShieldHalf size={40} stroke={1.2} aria-hidden />} title={words.empty} text={words.emptyText}>{make}</Empty>
      ) : null}
      {rows.length > 0 ? (
        <VirtualTable
          label={words.title}
          columns={columns}
          rows={rows}
          rowKey={({ metadata }) => metadata.name}
          onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()}
        />
      ) : null}
      {making ? <NewPolicy onClose={() => setMaking(false)} /> : null}
    </>
  );
}

const USES_MAX = 3;

function Uses({ plans }: { plans: string[] }) {
  if (plans.length === 0) return <Text size="sm" c="dimmed">{words.unused}</Text>;
  const rest = plans.length - USES_MAX;
  return (
    <Group gap={4}>
      {plans.slice(0, USES_MAX).map((plan) => <Badge key={plan} variant="default" tt="none">{plan}</Badge>)}
      {rest > 0 ? <Text size="xs" c="dimmed">{words.more(rest)}</Text> : null}
    </Group>
  );
}
