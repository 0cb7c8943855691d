import { Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { StateBadge } from '~/components/Badges';
import { SortHeader, sorted } from '~/components/SortHeader';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { When } from '~/components/When';
import type { OfSubscription } from '~/features/subscribers/moves';
import { approvals as words } from '~/strings/approvals';
import { Target, type TableProps } from './WaitingTable';

export function DecidedTable({ rows, endpoints, sort, onSort, onEnd }: TableProps) {
  const narrow = useMediaQuery('(max-width: 48em)');
  const by = (title: string, field: string) => ({
    title: <SortHeader title={title} field={field} sort={sort} onSort={onSort} />,
    sort: sorted(sort, field),
  });
  const application = ({ spec }: OfSubscription) => <Text size="sm" fw={600}>{spec.application}</Text>;
  const endpoint = ({ spec }: OfSubscription) => <Target of={spec} endpoints={endpoints} />;
  const decided = ({ spec: { decision } }: OfSubscription) =>
    decision ? (
      <Stack gap={0}>
        <Text size="sm"><When at={decision.at} /></Text>
        <Text size="xs" c="dimmed">{words.by(decision.by)}</Text>
      </Stack>
    ) : null;
  const reason = ({ spec: { decision } }: OfSubscription) => (
    <Text size="sm" c={decision?.reason ? undefined : 'dimmed'}>{decision?.reason ? decision.reason : words.noJustification}</Text>
  );
  const whole: Column<OfSubscription>[] = [
    { ...by(words.columns.application, 'application'), width: 'minmax(150px, 1fr)', cell: application },
    { ...by(words.columns.endpoint, 'endpoint'), width: 'minmax(150px, 1fr)', cell: endpoint },
    { ...by(words.columns.state, 'state'), width: '130px', cell: ({ spec }) => <StateBadge of={spec.state} /> },
    { ...by(words.columns.decided, 'decision.at'), width: '150px', cell: decided },
    { title: words.columns.reason, width: 'minmax(200px, 2fr)', cell: reason },
  ];
  const short: Column<OfSubscription>[] = [
    {
      ...by(words.columns.decided, 'decision.at'),
      width: 'minmax(0, 1fr)',
      cell: (one) => (
        <Stack gap={4} align="flex-start">
          {application(one)}
          {endpoint(one)}
          <StateBadge of={one.spec.state} />
          {decided(one)}
          {reason(one)}
        </Stack>
      ),
    },
  ];
  return (
    <VirtualTable label={words.tabs.decided} columns={narrow ? short : whole} rows={rows} rowKey={(one) => one.metadata.name}
      onEnd={onEnd} minWidth={narrow ? 0 : 860} />
  );
}
