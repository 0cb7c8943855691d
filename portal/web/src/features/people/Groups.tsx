// Teams and domains: names that people and endpoints are put under.
import { Anchor, Button, Group, Skeleton, Text } from '@mantine/core';
import { IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { KINDS, pagesQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { s } from '~/strings';
import { GroupForm, type GroupKind } from './GroupForm';

const words = s.people.groups;
const signed = getRouteApi('/_signed');

export function Groups({ kind }: { kind: GroupKind }) {
  const { who } = signed.useRouteContext();
  const [open, setOpen] = useState<{ name?: string }>();
  const found = useInfiniteQuery(pagesQuery(kind));
  const rows: Resource<GroupKind>[] = found.data?.pages.flatMap((page) => page.items) ?? [];
  const total = found.data?.pages[0]?.total;
  const mayWrite = kind === 'Team' ? hasRole(who) : hasRole(who, 'operator');
  const make = mayWrite ? <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen({})}>{words.make[kind]}</Button> : null;
  const columns: Column<Resource<GroupKind>>[] = [
    {
      title: words.columns.name,
      width: 'minmax(180px, 2fr)',
      cell: ({ metadata, spec }) => (
        <>
          {mayWrite ? <Anchor component="button" size="sm" fw={600} onClick={() => setOpen({ name: metadata.name })}>{spec.title ?? metadata.name}</Anchor> : <Text size="sm" fw={600}>{spec.title ?? metadata.name}</Text>}
          {spec.title ? <Text size="xs" c="dimmed">{metadata.name}</Text> : null}
        </>
      ),
    },
    { title: words.columns.description, width: 'minmax(180px, 3fr)', cell: ({ spec }) => spec.description ?? '' },
    kind === 'Team'
      ? { title: words.columns.email, width: 'minmax(160px, 2fr)', cell: ({ spec }) => ('email' in spec ? spec.email : '') }
      : { title: words.columns.owner, width: 'minmax(120px, 1fr)', cell: ({ spec }) => ('owner' in spec ? spec.owner : '') },
    {
      title: words.columns.endpoints,
      width: '130px',
      cell: ({ metadata }) => (
        <Anchor component={Link} to="/endpoints" search={{ [kind === 'Team' ? 'owner' : 'domain']: metadata.name } as never} size="sm" aria-label={words.endpointsOf(metadata.name)}>
          {words.endpoints}
        </Anchor>
      ),
    },
  ];
  return (
    <>
      <Group mb="md" justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>{words.lead[kind]}</Text>
        {make}
      </Group>
      {found.error ? <ProblemAlert error={found.error} /> : null}
      {found.isPending ? <Skeleton height={200} /> : null}
      {total === 0 ? <Empty icon={<IconUsersGroup size={40} stroke={1.2} aria-hidden />} title={words.empty[kind]} text={words.lead[kind]}>{make}</Empty> : null}
      {rows.length > 0 ? (
        <VirtualTable label={KINDS[kind]} columns={columns} rows={rows} rowKey={({ metadata }) => metadata.name} onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()} />
      ) : null}
      {open ? <GroupForm kind={kind} name={open.name} onClose={() => setOpen(undefined)} /> : null}
    </>
  );
}
