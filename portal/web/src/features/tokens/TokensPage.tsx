import { Button, Checkbox, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { pagesQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { ToneBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { SortHeader, sorted } from '~/components/SortHeader';
import { useDialog } from '~/components/useDialog';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { When } from '~/components/When';
import { day } from '~/format';
import { useTyped } from '~/components/useTyped';
import { stateOfKey } from '~/features/applications/keys';
import { tokens as words } from '~/strings/tokens';
import { EVERYBODY, question, type Filters } from './filters';
import { NewToken } from './NewToken';
import { RevokeToken } from './RevokeToken';

type Token = Resource<'Token'>;

const TONES = { works: 'good', ending: 'wait', expired: 'quiet', revoked: 'bad' } as const;
const route = getRouteApi('/_signed/tokens');
/** Whether it can be used; the same as of an application's key. */
const stateOf = ({ spec }: Token) => stateOfKey({ application: '', expiresAt: spec.expiresAt, revoked: spec.revoked });

export function TokensPage() {
  const filters = route.useSearch();
  const { who } = route.useRouteContext();
  const navigate = route.useNavigate();
  const asked = useInfiniteQuery(pagesQuery('Token', question(filters, who.name)));
  const [making, { open, close }] = useDisclosure(false);
  const revoking = useDialog<Token>();
  const seesAll = hasRole(who, 'securityOfficer', 'auditor');
  const go = (search: Filters) => void navigate({ search, replace: true });
  const begin = filters.user === EVERYBODY ? '' : (filters.user ?? '');
  const { typed, type, show } = useTyped(begin, (user) => go({ ...filters, user: user || EVERYBODY }));
  const rows = (asked.data?.pages ?? []).flatMap((page) => page.items).filter((one) => Boolean(filters.all) || stateOf(one) !== 'expired');
  const more = () => {
    if (asked.hasNextPage && !asked.isFetchingNextPage) void asked.fetchNextPage();
  };
  const user = who.kind === 'user';
  const make = user ? <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>{words.make}</Button> : null;
  const mayRevoke = (token: Token) => stateOf(token) !== 'revoked' && (token.spec.user === who.name || hasRole(who, 'securityOfficer'));
  const sort = filters.sort ?? 'name';
  const by = (title: string, field: string) => ({
    title: <SortHeader title={title} field={field} sort={sort} onSort={(to) => go({ ...filters, sort: to })} />,
    sort: sorted(sort, field),
  });
  const columns: Column<Token>[] = [
    {
      ...by(words.columns.name, 'name'),
      width: 'minmax(180px, 2fr)',
      cell: ({ metadata, spec }) => (
        <Stack gap={0}>
          <Text size="sm" fw={600} ff="monospace">{metadata.name}</Text>
          <Text size="xs" c="dimmed">{spec.description}</Text>
        </Stack>
      ),
    },
    ...(filters.user ? [{ title: words.columns.user, width: 'minmax(90px, 1fr)', cell: ({ spec }: Token) => spec.user }] : []),
    { title: words.columns.scopes, width: 'minmax(150px, 1.5fr)', cell: ({ spec }) => spec.scopes.map((scope) => words.scopeNames[scope]).join(', ') },
    {
      ...by(words.columns.ends, 'expiresAt'),
      width: 'minmax(140px, 1fr)',
      cell: ({ spec }) => (spec.expiresAt ? <>{day(spec.expiresAt)} (<When at={spec.expiresAt} />)</> : words.never),
    },
    { title: words.columns.state, width: '120px', cell: (one) => <ToneBadge tone={TONES[stateOf(one)]}>{words.states[stateOf(one)]}</ToneBadge> },
    {
      title: words.columns.actions,
      width: '110px',
      cell: (one) => (mayRevoke(one) ? (
        <Button size="xs" variant="default" onClick={() => revoking.open(one)} aria-label={words.revokeOf(one.metadata.name)}>{words.revoke}</Button>
      ) : null),
    },
  ];
  const nothing = rows.length === 0 && !asked.isPending && !asked.error && !asked.hasNextPage;
  const empty = !user && !filters.user ? words.notHere : filters.user ? words.nothing : words.empty;
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} actions={nothing && !filters.user ? null : make} />
      <Group mb="md" gap="md" align="flex-end">
        {seesAll && user ? (
          <SegmentedControl aria-label={words.filters.user} value={filters.user ? EVERYBODY : ''}
            onChange={(to) => { show(''); go({ ...filters, user: to || undefined }); }}
            data={[{ value: '', label: words.filters.mine }, { value: EVERYBODY, label: words.filters.everybody }]} />
        ) : null}
        {seesAll && (filters.user ?? !user) ? (
          <TextInput type="search" aria-label={words.filters.userHint} placeholder={words.filters.userHint} value={typed}
            onChange={(event) => type(event.currentTarget.value)} w={{ base: '100%', xs: 240 }} />
        ) : null}
        <Checkbox label={words.filters.all} checked={Boolean(filters.all)} pb={8}
          onChange={(event) => go({ ...filters, all: event.currentTarget.checked ? true : undefined })} />
        <Text size="sm" c="dimmed" role="status" ml="auto">{asked.isPending || asked.hasNextPage || nothing ? '' : words.count(rows.length)}</Text>
      </Group>
      {asked.error ? <ProblemAlert error={asked.error} /> : null}
      {asked.isPending ? <Skeleton height={200} radius="md" /> : null}
      {nothing ? (
        <Empty icon={<IconKey size={40} stroke={1.2} aria-hidden />} title={empty.title} text={empty.text}>{filters.user ? null : make}</Empty>
      ) : null}
      {rows.length > 0 ? (
        <VirtualTable label={words.title} columns={columns} rows={rows} rowKey={(one) => one.metadata.name} onEnd={more} minWidth={760} />
      ) : null}
      {user ? <NewToken who={who} opened={making} onClose={close} /> : null}
      <RevokeToken about={revoking.about} opened={revoking.opened} onClose={revoking.close} />
    </>
  );
}
