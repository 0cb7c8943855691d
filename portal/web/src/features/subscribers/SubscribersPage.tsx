import { Anchor, Button, Select, Skeleton } from '@mantine/core';
import { IconMail, IconUsersGroup } from '@tabler/icons-react';
import { getRouteApi, Link } from '@tanstack/react-router';
import { AsCode, curl } from '~/components/AsCode';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useDialog } from '~/components/useDialog';
import { useTyped } from '~/components/useTyped';
import { MessageDialog, type Writing } from '~/features/message/MessageDialog';
import { s } from '~/strings';
import { message } from '~/strings/message';
import { subscribers as words } from '~/strings/subscribers';
import { FilterBar } from './FilterBar';
import { isFiltered, question, SORT, type Filters } from './filters';
import { MoveDialog, type Move } from './MoveDialog';
import { mayDecide, STATES } from './moves';
import { SubscribersTable } from './SubscribersTable';
import { seesAll, useDecided } from './useDecided';

const route = getRouteApi('/_signed/subscribers');

export function SubscribersPage() {
  const filters = route.useSearch();
  const { who } = route.useRouteContext();
  const navigate = route.useNavigate();
  const asked = question(filters);
  const { rows, endpoints, more, isPending, error, complete } = useDecided(who, asked);
  const dialog = useDialog<Move>();
  const writing = useDialog<Writing>();
  const theirs = [...endpoints.values()].filter(({ owner }) => mayDecide(who, owner));
  const go = (search: Filters) => void navigate({ search, replace: true });
  const { typed, type, show } = useTyped(filters.application ?? '', (application) => go({ ...filters, application: application || undefined }));
  const query = new URLSearchParams(Object.entries(asked).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  return (
    <>
      <PageHeader title={words.title} lead={seesAll(who) ? words.leadAll : words.lead}
        actions={(
          <>
            {theirs.length > 0 ? (
              <Button variant="default" leftSection={<IconMail size={16} aria-hidden />} onClick={() => writing.open({ endpoint: filters.endpoint })}>{message.open}</Button>
            ) : null}
            <AsCode code={{ curl: curl('GET', `/subscriptions?${query.toString()}`), cli: 'sluicegate get subscriptions' }} />
          </>
        )} />
      <FilterBar application={typed} onApplication={type} endpoint={filters.endpoint} onEndpoint={(endpoint) => go({ ...filters, endpoint })}
        endpoints={endpoints} count={complete ? words.count(rows.length) : ''}>
        <Select label={words.filters.state} placeholder={words.filters.anyState} clearable
          data={STATES.map((state) => ({ value: state, label: s.common.state[state] }))}
          value={filters.state ?? null} onChange={(state) => go({ ...filters, state: state ?? undefined })}
          w={{ base: '100%', xs: 200 }} />
        {isFiltered(filters) ? (
          <Button variant="subtle" onClick={() => { show(''); go({ sort: filters.sort }); }}>{words.filters.clear}</Button>
        ) : null}
      </FilterBar>
      {error ? <ProblemAlert error={error} /> : null}
      {isPending ? <Skeleton height={320} radius="md" /> : null}
      {!isPending && !error && complete && rows.length === 0 ? <Nothing filtered={isFiltered(filters)} /> : null}
      {rows.length > 0 ? (
        <SubscribersTable rows={rows} who={who} endpoints={endpoints} sort={filters.sort ?? SORT}
          onSort={(sort) => go({ ...filters, sort: sort === SORT ? undefined : sort })} onEnd={more}
          onMove={(move, subscription) => dialog.open({ move, subscriptions: [subscription] })} />
      ) : null}
      <MessageDialog about={writing.about} opened={writing.opened} onClose={writing.close} endpoints={theirs} />
      <MoveDialog about={dialog.about} opened={dialog.opened} onClose={dialog.close} />
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  if (filtered) return <Empty title={words.nothing.title} text={words.nothing.text} />;
  return (
    <Empty icon={<IconUsersGroup size={40} stroke={1.2} aria-hidden />} title={words.empty.title} text={words.empty.text}>
      <Anchor component={Link} to="/endpoints">{words.empty.action}</Anchor>
    </Empty>
  );
}
