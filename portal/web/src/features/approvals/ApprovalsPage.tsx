import { Button, Card, Group, Skeleton, Tabs, Text } from '@mantine/core';
import { IconChecklist } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useDialog } from '~/components/useDialog';
import { useTyped } from '~/components/useTyped';
import { FilterBar } from '~/features/subscribers/FilterBar';
import { MoveDialog, type Move } from '~/features/subscribers/MoveDialog';
import type { OfSubscription } from '~/features/subscribers/moves';
import { useDecided } from '~/features/subscribers/useDecided';
import { approvals as words } from '~/strings/approvals';
import { DecidedTable } from './DecidedTable';
import { question, sortOf, type Filters } from './filters';
import { ReviewDrawer } from './ReviewDrawer';
import { WaitingTable } from './WaitingTable';

const route = getRouteApi('/_signed/approvals');

export function ApprovalsPage() {
  const filters = route.useSearch();
  const { who } = route.useRouteContext();
  const navigate = route.useNavigate();
  const { rows, endpoints, more, isPending, error, complete } = useDecided(who, question(filters));
  const dialog = useDialog<Move>();
  const review = useDialog<OfSubscription>();
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const go = (search: Filters) => void navigate({ search, replace: true });
  const { typed, type, show } = useTyped(filters.application ?? '', (application) => go({ ...filters, application: application || undefined }));
  // What somebody else decided meanwhile is chosen no longer.
  const chosen = rows.filter((one) => picked.has(one.metadata.name));
  const decide = (move: Move['move'], subscriptions: OfSubscription[]) => {
    review.close();
    dialog.open({ move, subscriptions });
  };
  const decided = filters.tab === 'decided';
  const filtered = Boolean(filters.application ?? filters.endpoint);
  const nothing = filtered ? words.nothing : decided ? words.emptyDecided : words.empty;
  const shared = { rows, endpoints, sort: sortOf(filters), onSort: (sort: string) => go({ ...filters, sort }), onEnd: more };
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} />
      <Tabs value={filters.tab ?? 'waiting'} onChange={(tab) => { show(''); go(tab === 'decided' ? { tab } : {}); }}>
        <Tabs.List mb="md" aria-label={words.tabsOf}>
          <Tabs.Tab value="waiting">{words.tabs.waiting}</Tabs.Tab>
          <Tabs.Tab value="decided">{words.tabs.decided}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={filters.tab ?? 'waiting'}>
          <FilterBar application={typed} onApplication={type} endpoint={filters.endpoint} onEndpoint={(endpoint) => go({ ...filters, endpoint })}
            endpoints={endpoints} count={complete ? words.count(rows.length) : ''} />
          {chosen.length > 0 && !decided ? (
            <Card withBorder padding="xs" mb="sm">
              <Group gap="sm">
                <Text size="sm" fw={600} role="status">{words.chosen(chosen.length)}</Text>
                <Button size="xs" onClick={() => decide('approve', chosen)}>{words.approve}</Button>
                <Button size="xs" variant="default" onClick={() => decide('reject', chosen)}>{words.reject}</Button>
                <Button size="xs" variant="subtle" onClick={() => setPicked(new Set())}>{words.clear}</Button>
              </Group>
            </Card>
          ) : null}
          {error ? <ProblemAlert error={error} /> : null}
          {isPending ? <Skeleton height={240} radius="md" /> : null}
          {!isPending && !error && complete && rows.length === 0 ? (
            <Empty icon={<IconChecklist size={40} stroke={1.2} aria-hidden />} title={nothing.title} text={nothing.text} />
          ) : null}
          {rows.length > 0 && decided ? <DecidedTable {...shared} /> : null}
          {rows.length > 0 && !decided ? <WaitingTable {...shared} picked={picked} onPick={setPicked} onReview={review.open} /> : null}
        </Tabs.Panel>
      </Tabs>
      <ReviewDrawer about={review.about} opened={review.opened} onClose={review.close} endpoints={endpoints}
        onDecide={(move, subscription) => decide(move, [subscription])} />
      <MoveDialog about={dialog.about} opened={dialog.opened} onClose={dialog.close} onDone={() => setPicked(new Set())} />
    </>
  );
}
