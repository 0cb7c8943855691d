import { Anchor, Group, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { SubscriptionMove } from '~/api/moves';
import type { Who } from '~/api/session';
import { StateBadge } from '~/components/Badges';
import { SortHeader, sorted } from '~/components/SortHeader';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { subscribers as words } from '~/strings/subscribers';
import { Ends } from './Ends';
import { MoveMenu } from './MoveMenu';
import { mayDecide, movesOf, type OfSubscription } from './moves';
import { KeptOf, LastUse, UsageBars } from './UsageBars';
import { seesAll, type OfEndpoint } from './useDecided';

interface Props {
  rows: OfSubscription[];
  who: Who;
  endpoints: Map<string, OfEndpoint>;
  sort: string;
  onSort: (sort: string) => void;
  onEnd: () => void;
  onMove: (move: SubscriptionMove, subscription: OfSubscription) => void;
}

export function SubscribersTable({ rows, who, endpoints, sort, onSort, onEnd, onMove }: Props) {
  const by = (title: string, field: string) => ({
    title: <SortHeader title={title} field={field} sort={sort} onSort={onSort} />,
    sort: sorted(sort, field),
  });
  const narrow = useMediaQuery('(max-width: 48em)');
  // Whose application it is, only some may look at.
  const linked = seesAll(who);
  const application = ({ spec }: OfSubscription) =>
    linked ? <Anchor component={Link} to={`/applications/${spec.application}`} size="sm" fw={600}>{spec.application}</Anchor>
      : <Text size="sm" fw={600}>{spec.application}</Text>;
  const endpoint = ({ spec }: OfSubscription) => (
    <Stack gap={0}>
      <Anchor component={Link} to={`/endpoints/${spec.endpoint}`} size="sm">{endpoints.get(spec.endpoint)?.title ?? spec.endpoint}</Anchor>
      <Text size="xs" c="dimmed">{spec.plan}</Text>
    </Stack>
  );
  const actions: Column<OfSubscription> = {
    title: words.columns.actions,
    width: '84px',
    cell: (one) => {
      const moves = movesOf(one, mayDecide(who, endpoints.get(one.spec.endpoint)?.owner), false);
      return <MoveMenu subscription={one} moves={moves} onMove={(move) => onMove(move, one)} />;
    },
  };
  const whole: Column<OfSubscription>[] = [
    { ...by(words.columns.application, 'application'), width: 'minmax(140px, 1.4fr)', cell: application },
    { ...by(words.columns.endpoint, 'endpoint'), width: 'minmax(130px, 1.2fr)', cell: endpoint },
    { ...by(words.columns.state, 'state'), width: '184px', cell: ({ spec }) => <StateBadge of={spec.state} /> },
    { title: words.columns.usage, width: '130px', cell: ({ metadata }) => <><UsageBars subscription={metadata.name} /><KeptOf subscription={metadata.name} /></> },
    { title: words.columns.lastUse, width: '112px', cell: ({ metadata }) => <LastUse subscription={metadata.name} /> },
    { ...by(words.columns.ends, 'expiresAt'), width: 'minmax(110px, 1fr)', cell: (one) => <Ends of={one} /> },
    actions,
  ];
  const short: Column<OfSubscription>[] = [
    {
      ...by(words.columns.application, 'application'),
      width: 'minmax(0, 1fr)',
      cell: (one) => (
        <Stack gap={4}>
          {application(one)}
          {endpoint(one)}
          <Group gap="xs">
            <StateBadge of={one.spec.state} />
            <Text size="xs" component="div"><LastUse subscription={one.metadata.name} /></Text>
            <KeptOf subscription={one.metadata.name} />
          </Group>
        </Stack>
      ),
    },
    actions,
  ];
  return (
    <VirtualTable label={words.title} columns={narrow ? short : whole} rows={rows} rowKey={(one) => one.metadata.name}
      onEnd={onEnd} minWidth={narrow ? 0 : 890} />
  );
}
