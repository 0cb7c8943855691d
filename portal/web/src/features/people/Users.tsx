import { ActionIcon, Badge, Button, Group, Menu, Select, Skeleton, Text, TextInput } from '@mantine/core';
import { IconDots, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { conditions, pagesQuery, plain, type Resource } from '~/api/resources';
import type { Role } from '~/api/resources.gen';
import { hasRole } from '~/api/session';
import { ToneBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { useTyped } from '~/components/useTyped';
import { s } from '~/strings';
import { DisableUser } from './DisableUser';
import { ROLES } from './roles';
import { SetPassword } from './SetPassword';
import { UserForm } from './UserForm';

const words = s.people.users;
const signed = getRouteApi('/_signed');

interface Filters {
  q?: string;
  role?: Role;
}

type Open = { what: 'new' } | { what: 'edit' | 'password' | 'disable'; name: string };

export function Users({ q, role, onFilter }: Filters & { onFilter: (filters: Filters) => void }) {
  const { who } = signed.useRouteContext();
  const { typed, type } = useTyped(q ?? '', (text) => onFilter({ q: text.trim() || undefined, role }));
  const [open, setOpen] = useState<Open>();
  const filter = conditions(q && `name~${plain(q)}`, role && `roles=${role}`);
  const found = useInfiniteQuery({ ...pagesQuery('User', { filter }), placeholderData: keepPreviousData });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const total = found.data?.pages[0]?.total;
  const mayWrite = hasRole(who);
  const columns: Column<Resource<'User'>>[] = [
    {
      title: words.columns.user,
      width: 'minmax(190px, 2fr)',
      cell: ({ metadata, spec }) => (
        <>
          <Text size="sm" fw={600}>{spec.title ?? metadata.name}</Text>
          <Text size="xs" c="dimmed">{[metadata.name, spec.email].filter(Boolean).join(' · ')}</Text>
        </>
      ),
    },
    { title: words.columns.roles, width: 'minmax(170px, 2fr)', cell: ({ spec }) => <Words all={(spec.roles ?? []).map((one) => words.roles[one])} none={words.noRoles} /> },
    { title: words.columns.teams, width: 'minmax(140px, 2fr)', cell: ({ spec }) => <Words all={spec.teams ?? []} none="—" /> },
    { title: words.columns.signsIn, width: '130px', cell: ({ spec }) => (spec.disabled ? <ToneBadge tone="bad">{words.disabled}</ToneBadge> : spec.login ? words.byProvider : words.byPassword) },
    {
      title: '',
      width: '56px',
      cell: ({ metadata: { name }, spec }) =>
        mayWrite ? (
          <Menu position="bottom-end">
            <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={words.actions(name)}><IconDots size={18} /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setOpen({ what: 'edit', name })}>{words.edit}</Menu.Item>
              {spec.login ? null : <Menu.Item onClick={() => setOpen({ what: 'password', name })}>{words.password}</Menu.Item>}
              <Menu.Item color={spec.disabled ? undefined : 'red'} disabled={name === who.name} onClick={() => setOpen({ what: 'disable', name })}>
                {spec.disabled ? words.enable : words.disable}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ) : null,
    },
  ];
  const close = () => setOpen(undefined);
  return (
    <>
      <Group mb="md" gap="sm">
        <TextInput
          type="search"
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          placeholder={words.search}
          aria-label={words.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          style={{ flex: '1 1 220px' }}
          maw={360}
        />
        <Select
          aria-label={words.byRole}
          placeholder={words.byRole}
          data={ROLES.map((value) => ({ value, label: words.roles[value] }))}
          value={role ?? null}
          onChange={(next) => onFilter({ q, role: next ?? undefined })}
          clearable
          clearButtonProps={{ 'aria-label': words.anyRole }}
          w={180}
        />
        <Text size="sm" c="dimmed" role="status" ml="auto">{total === undefined ? '' : words.found(total)}</Text>
        {mayWrite ? <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen({ what: 'new' })}>{words.make}</Button> : null}
      </Group>
      {found.error ? <ProblemAlert error={found.error} /> : null}
      {found.isPending ? <Skeleton height={240} /> : null}
      {total === 0 ? <Empty title={words.nothing} text={words.nothingText} /> : null}
      {rows.length > 0 ? (
        <VirtualTable label={s.people.tabs.users} columns={columns} rows={rows} rowKey={({ metadata }) => metadata.name} onEnd={() => found.hasNextPage && !found.isFetchingNextPage && void found.fetchNextPage()} />
      ) : null}
      {open?.what === 'new' ? <UserForm onClose={close} /> : null}
      {open?.what === 'edit' ? <UserForm name={open.name} onClose={close} /> : null}
      {open?.what === 'password' ? <SetPassword name={open.name} onClose={close} /> : null}
      {open?.what === 'disable' ? <DisableUser name={open.name} onClose={close} /> : null}
    </>
  );
}

function Words({ all, none }: { all: string[]; none: string }) {
  if (all.length === 0) return <Text size="sm" c="dimmed">{none}</Text>;
  return <Group gap={4}>{all.map((one) => <Badge key={one} variant="default" tt="none">{one}</Badge>)}</Group>;
}
