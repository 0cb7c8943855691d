import { Anchor, Skeleton, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listQuery, type Resource } from '~/api/resources';
import { SortHeader, sorted } from '~/components/SortHeader';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { relative } from '~/format';
import { STATES, stateOf } from '~/features/subscribers/moves';
import { s } from '~/strings';
import { applications as words } from '~/strings/applications';
import { stateOfKey, worksStill } from './keys';

type Application = Resource<'Application'>;

interface Props {
  rows: Application[];
  sort: string;
  onSort: (sort: string) => void;
  onEnd: () => void;
}

export const subscriptionsOf = (application: string) => listQuery('Subscription', { filter: `application=${application}` });
export const keysOf = (application: string) => listQuery('Credential', { filter: `application=${application}` });

export function ApplicationsTable({ rows, sort, onSort, onEnd }: Props) {
  const narrow = useMediaQuery('(max-width: 48em)');
  const by = (title: string, field: string) => ({
    title: <SortHeader title={title} field={field} sort={sort} onSort={onSort} />,
    sort: sorted(sort, field),
  });
  const name = ({ metadata, spec }: Application) => (
    <Stack gap={0}>
      <Anchor component={Link} to={`/applications/${metadata.name}`} size="sm" fw={600}>{metadata.name}</Anchor>
      <Text size="xs" c="dimmed" lineClamp={narrow ? 3 : 1}>{spec.description}</Text>
    </Stack>
  );
  const whole: Column<Application>[] = [
    { ...by(words.columns.name, 'name'), width: 'minmax(220px, 2fr)', cell: name },
    { ...by(words.columns.owner, 'owner'), width: 'minmax(120px, 1fr)', cell: ({ spec }) => spec.owner ?? words.noOwner },
    { title: words.columns.subscriptions, width: 'minmax(200px, 1.5fr)', cell: ({ metadata }) => <Subscriptions of={metadata.name} /> },
    { title: words.columns.keys, width: 'minmax(180px, 1fr)', cell: ({ metadata }) => <Keys of={metadata.name} /> },
  ];
  const short: Column<Application>[] = [
    {
      ...by(words.columns.name, 'name'),
      width: 'minmax(0, 1fr)',
      cell: (one) => (
        <Stack gap={4}>
          {name(one)}
          <Subscriptions of={one.metadata.name} />
          <Keys of={one.metadata.name} />
        </Stack>
      ),
    },
  ];
  return (
    <VirtualTable label={words.titleAll} columns={narrow ? short : whole} rows={rows} rowKey={(one) => one.metadata.name}
      onEnd={onEnd} minWidth={narrow ? 0 : 760} />
  );
}

function Subscriptions({ of }: { of: string }) {
  const asked = useQuery(subscriptionsOf(of));
  if (asked.isPending) return <Skeleton height={14} width={120} />;
  const items = asked.data?.items ?? [];
  const counts = STATES.map((state): [string, number] => [s.common.state[state], items.filter((one) => stateOf(one) === state).length]);
  const some = counts.filter(([, count]) => count > 0);
  return <Text size="sm" c={some.length > 0 ? undefined : 'dimmed'}>{some.length > 0 ? words.states(some) : words.noSubscriptions}</Text>;
}

function Keys({ of }: { of: string }) {
  const asked = useQuery(keysOf(of));
  if (asked.isPending) return <Skeleton height={14} width={80} />;
  const working = (asked.data?.items ?? []).filter(worksStill);
  const ending = working.map(({ spec }) => (stateOfKey(spec) === 'ending' ? spec.expiresAt : undefined)).filter((at) => typeof at === 'string').sort()[0];
  return (
    <Text size="sm" c={working.length > 0 ? undefined : 'dimmed'}>
      {words.keysWork(working.length)}{ending ? `, ${words.keyEnds(relative(ending))}` : ''}
    </Text>
  );
}
