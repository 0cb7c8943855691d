import { Anchor, Button, Checkbox, Group, Skeleton, Text, TextInput, Tooltip } from '@mantine/core';
import { IconRefresh, IconSearch, IconStack2 } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { topicsQuery, type Topic } from '~/api/clusters';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { useTyped } from '~/components/useTyped';
import { many } from '~/format';
import { s } from '~/strings';
import type { TopicFilters } from './filters';
import { duration } from './numbers';

const words = s.discover.topics;

interface Props {
  cluster: string;
  filters: TopicFilters;
  onFilter: (filters: TopicFilters) => void;
}

export function Topics({ cluster, filters, onFilter }: Props) {
  const { typed, type } = useTyped(filters.q ?? '', (text) => onFilter({ ...filters, q: text.trim() || undefined }));
  const found = useInfiniteQuery({
    ...topicsQuery(cluster, { filter: filters.q, internal: filters.internal }),
    placeholderData: keepPreviousData,
  });
  const all = found.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = filters.free ? all.filter(({ endpoints }) => endpoints.length === 0) : all;
  const total = found.data?.pages[0]?.total;
  const more = () => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage();
  const columns: Column<Topic>[] = [
    { title: words.columns.topic, width: 'minmax(220px, 3fr)', cell: (topic) => <Name topic={topic} /> },
    { title: words.columns.partitions, width: '112px', cell: ({ partitions, replicas }) => words.partitions(partitions, replicas) },
    { title: words.columns.records, width: '100px', cell: ({ records }) => many(records) },
    { title: words.columns.rate, width: '100px', cell: ({ recordsPerSecond }) => (recordsPerSecond === null || recordsPerSecond === undefined ? '—' : words.rate(many(recordsPerSecond))) },
    { title: words.columns.kept, width: '100px', cell: ({ settings }) => (settings?.cleanupPolicy === 'compact' ? words.compacted : duration(settings?.retentionMs)) },
    { title: words.columns.endpoints, width: 'minmax(150px, 2fr)', cell: ({ endpoints }) => <Endpoints names={endpoints} /> },
    {
      title: '',
      width: '110px',
      cell: ({ name }) => (
        <Button size="compact-sm" variant="default" component={Link} to={`/discover/${cluster}/${encodeURIComponent(name)}`} aria-label={words.offerThis(name)}>{words.offer}</Button>
      ),
    },
  ];
  return (
    <>
      <Group mb="md" gap="md">
        <TextInput
          type="search"
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          placeholder={words.search}
          aria-label={words.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          style={{ flex: '1 1 220px' }}
          maw={420}
        />
        <Checkbox label={words.free} checked={filters.free ?? false} onChange={(event) => onFilter({ ...filters, free: event.currentTarget.checked || undefined })} />
        <Checkbox label={words.internal} checked={filters.internal ?? false} onChange={(event) => onFilter({ ...filters, internal: event.currentTarget.checked || undefined })} />
        <Text size="sm" c="dimmed" role="status" ml="auto">{total === undefined ? '' : words.found(filters.free && !found.hasNextPage ? rows.length : total)}</Text>
        <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={found.isRefetching} onClick={() => void found.refetch()}>{words.refresh}</Button>
      </Group>
      {found.error ? <ProblemAlert error={found.error} title={words.unreachable} /> : null}
      {found.isPending ? <Skeleton height={260} /> : null}
      {found.data && rows.length === 0 ? (
        <Empty icon={<IconStack2 size={40} stroke={1.2} aria-hidden />} title={words.nothing} text={words.nothingText}>
          {found.hasNextPage ? <Button variant="default" onClick={more} loading={found.isFetchingNextPage}>{words.lookOn}</Button> : null}
        </Empty>
      ) : null}
      {rows.length > 0 ? <VirtualTable label={words.title} columns={columns} rows={rows} rowKey={({ name }) => name} onEnd={more} /> : null}
    </>
  );
}

function Name({ topic: { name, notes } }: { topic: Topic }) {
  return (
    <>
      <Text size="sm" ff="monospace">{name}</Text>
      {notes.length > 0 ? (
        <Tooltip label={notes.join(' ')} multiline maw={360} events={{ hover: true, focus: true, touch: true }}>
          <Text size="xs" c="dimmed" tabIndex={0} span>{words.notes(notes.length)}</Text>
        </Tooltip>
      ) : null}
    </>
  );
}

function Endpoints({ names }: { names: string[] }) {
  if (names.length === 0) return <Text size="sm" c="dimmed">{words.notOffered}</Text>;
  return (
    <Group gap={6}>
      {names.map((name) => <Anchor key={name} component={Link} to={`/endpoints/${name}`} size="sm">{name}</Anchor>)}
    </Group>
  );
}
