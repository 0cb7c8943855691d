import { Button, Group, Select, Skeleton, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconApps, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { pagesQuery } from '~/api/resources';
import { hasRole } from '~/api/session';
import { Empty } from '~/components/Empty';
import { ButtonLink } from '~/components/Links';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useTyped } from '~/components/useTyped';
import { applications as words } from '~/strings/applications';
import { ApplicationsTable } from './ApplicationsTable';
import { question, type Filters } from './filters';
import { NewApplication } from './NewApplication';

const route = getRouteApi('/_signed/applications/');

export function ApplicationsPage() {
  const filters = route.useSearch();
  const { who } = route.useRouteContext();
  const navigate = route.useNavigate();
  const asked = useInfiniteQuery(pagesQuery('Application', question(filters)));
  const [making, { open, close }] = useDisclosure(false);
  const go = (search: Filters) => void navigate({ search, replace: true });
  const { typed, type } = useTyped(filters.name ?? '', (name) => go({ ...filters, name: name || undefined }));
  const rows = asked.data?.pages.flatMap((page) => page.items) ?? [];
  const total = asked.data?.pages[0]?.total;
  const filtered = Boolean(filters.name ?? filters.owner);
  const all = hasRole(who, 'operator', 'securityOfficer', 'auditor');
  const mayMake = hasRole(who) || (hasRole(who, 'developer', 'owner') && who.teams.length > 0);
  const more = () => {
    if (asked.hasNextPage && !asked.isFetchingNextPage) void asked.fetchNextPage();
  };
  const make = mayMake ? <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>{words.make}</Button> : null;
  return (
    <>
      <PageHeader title={all ? words.titleAll : words.title} lead={words.lead} actions={total === 0 && !filtered ? null : make} />
      {total === 0 && !filtered ? null : (
        <Group mb="md" gap="sm" align="flex-end">
          <TextInput type="search" label={words.filters.name} placeholder={words.filters.nameHint} value={typed}
            onChange={(event) => type(event.currentTarget.value)} w={{ base: '100%', xs: 240 }} />
          {who.teams.length > 1 ? (
            <Select label={words.filters.owner} placeholder={words.filters.anyOwner} clearable data={who.teams}
              value={filters.owner ?? null} onChange={(owner) => go({ ...filters, owner: owner ?? undefined })} w={{ base: '100%', xs: 200 }} />
          ) : null}
          <Text size="sm" c="dimmed" role="status" ml="auto">{total === undefined ? '' : words.count(total)}</Text>
        </Group>
      )}
      {asked.error ? <ProblemAlert error={asked.error} /> : null}
      {asked.isPending ? <Skeleton height={240} radius="md" /> : null}
      {total === 0 && filtered ? <Empty title={words.nothing.title} text={words.nothing.text} /> : null}
      {total === 0 && !filtered ? (
        !mayMake && !all ? <Empty title={words.noTeam.title} text={words.noTeam.text} /> : (
          <Empty icon={<IconApps size={40} stroke={1.2} aria-hidden />} title={words.empty.title} text={words.empty.text}>
            <Group justify="center">
              {make}
              <ButtonLink to="/endpoints" variant="default">{words.empty.find}</ButtonLink>
            </Group>
          </Empty>
        )
      ) : null}
      {rows.length > 0 ? (
        <ApplicationsTable rows={rows} sort={filters.sort ?? 'name'} onEnd={more}
          onSort={(sort) => go({ ...filters, sort: sort === 'name' ? undefined : sort })} />
      ) : null}
      <NewApplication who={who} opened={making} onClose={close} />
    </>
  );
}
