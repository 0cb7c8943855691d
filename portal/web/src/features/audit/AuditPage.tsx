import { Button, Group, Skeleton, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconDownload, IconRefresh, IconShieldCheck } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { auditQuery, recordQuery, type AuditRecord } from '~/api/audit';
import { AsCode } from '~/components/AsCode';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { s } from '~/strings';
import { AuditFilterBar } from './AuditFilterBar';
import { isFiltered, questionOf, said, when, type AuditFilters } from './filters';
import { RecordDrawer } from './RecordDrawer';
import { Verify } from './Verify';

const words = s.audit;
const route = getRouteApi('/_signed/audit');

export function AuditPage() {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const go = (search: AuditFilters) => void navigate({ search, replace: true, resetScroll: false });
  const found = useInfiniteQuery({ ...auditQuery(questionOf(filters)), placeholderData: keepPreviousData });
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.records) ?? [], [found.data]);
  const listed = rows.find(({ number }) => number === filters.record);
  // A link leads to a record that may be far down.
  const linked = useQuery({ ...recordQuery(filters.record ?? 0), enabled: filters.record !== undefined && !listed && !found.isPending });
  const open = filters.record === undefined ? undefined : (listed ?? linked.data);
  const columns: Column<AuditRecord>[] = [
    {
      title: words.columns.time,
      width: '215px',
      cell: ({ number, event }) => (
        <UnstyledButton c="var(--mantine-color-anchor)" fz="sm" onClick={() => go({ ...filters, record: number })}>
          {when(event.time)}<VisuallyHidden>, {words.open(number)}</VisuallyHidden>
        </UnstyledButton>
      ),
    },
    { title: words.columns.what, width: 'minmax(180px, 2fr)', cell: ({ event }) => <Text size="sm" fw={600}>{said(event.type)}</Text> },
    { title: words.columns.subject, width: 'minmax(180px, 2fr)', cell: ({ event }) => event.subject },
    { title: words.columns.who, width: 'minmax(120px, 1fr)', cell: ({ event }) => <Who event={event} /> },
    { title: words.columns.number, width: '80px', cell: ({ number }) => <Text size="sm" c="dimmed">{number}</Text> },
  ];
  return (
    <>
      <PageHeader
        title={words.title}
        lead={words.lead}
        actions={
          <Group gap="xs">
            <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={found.isRefetching} onClick={() => void found.refetch()}>{words.refresh}</Button>
            <Button variant="default" component="a" href="/api/v1/audit/export" download="audit.ndjson" leftSection={<IconDownload size={16} aria-hidden />}>{words.export}</Button>
            <Verify />
            <AsCode code={code(filters)} />
          </Group>
        }
      />
      <AuditFilterBar filters={filters} onChange={go} />
      {found.error ? <ProblemAlert error={found.error} /> : null}
      {found.isPending ? <Skeleton height={420} /> : null}
      {found.data && rows.length === 0 ? (
        <Empty
          icon={<IconShieldCheck size={40} stroke={1.2} aria-hidden />}
          title={isFiltered(filters) ? words.nothing : words.empty}
          text={isFiltered(filters) ? words.nothingText : words.emptyText}
        />
      ) : null}
      {rows.length > 0 ? (
        <VirtualTable
          label={words.title}
          columns={columns}
          rows={rows}
          rowKey={({ number }) => String(number)}
          onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()}
        />
      ) : null}
      <RecordDrawer record={open ?? undefined} onClose={() => go({ ...filters, record: undefined })} onFilter={go} />
    </>
  );
}

function Who({ event }: { event: AuditRecord['event'] }) {
  const actor = event.data?.actor;
  if (!actor) return null;
  const kind = actor.kind && actor.kind !== 'user' ? words.actors[actor.kind] : undefined;
  return <Text size="sm">{actor.name ?? actor.kind}{kind ? <Text span size="xs" c="dimmed"> {kind}</Text> : null}</Text>;
}

function code(filters: AuditFilters) {
  const asked = Object.entries(questionOf(filters)).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  const query = new URLSearchParams(asked.map(([name, value]) => [name, value])).toString();
  const flags = asked.map(([name, value]) => ` --${name} ${value}`).join('');
  return {
    curl: `curl "$SLUICEGATE_URL/api/v1/audit${query ? `?${query}` : ''}" \\\n  -H "Authorization: Bearer $SLUICEGATE_TOKEN"`,
    cli: `sluicegate audit list${flags}`,
  };
}
