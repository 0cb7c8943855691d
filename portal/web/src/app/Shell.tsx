// The frame of every page of somebody who is signed in.
import { ActionIcon, Alert, AppShell, Box, Burger, Button, Group, Kbd, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnectedX, IconSearch } from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import type { Who } from '~/api/session';
import { SessionEnded } from '~/features/session/SessionEnded';
import { s } from '~/strings';
import { Account } from './Account';
import { Navigation } from './Navigation';
import { SchemeToggle } from './SchemeToggle';
import { Search, openSearch } from './Search';
import { useChanges } from './useChanges';
import { useFocusKept } from './useFocusKept';

const CONTENT = 'content';
const SHORTCUT = navigator.userAgent.includes('Mac') ? '⌘ K' : 'Ctrl K';

export function Shell({ who }: { who: Who }) {
  const [menu, { toggle, close }] = useDisclosure(false);
  const reached = useChanges();
  useFocusKept(CONTENT);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !menu } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <a className="skip" href={`#${CONTENT}`}>
        {s.shell.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={s.shell.menu} />
            <UnstyledButton component={Link} to="/">
              <Group gap="xs" wrap="nowrap">
                <img src="/favicon.svg" alt="" width={26} height={26} />
                <Text fw={700} size="lg">
                  {s.common.product}
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              onClick={openSearch}
              leftSection={<IconSearch size={16} aria-hidden />}
              rightSection={<Kbd visibleFrom="md" aria-hidden>{SHORTCUT}</Kbd>}
              visibleFrom="xs"
            >
              {s.shell.search}
            </Button>
            <ActionIcon variant="default" size={36} onClick={openSearch} aria-label={s.shell.search} hiddenFrom="xs">
              <IconSearch size={18} />
            </ActionIcon>
            <SchemeToggle />
            <Account who={who} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={s.shell.main}>
        <Navigation who={who} onGone={close} />
      </AppShell.Navbar>
      <AppShell.Main id={CONTENT} tabIndex={-1}>
        <div role="status">
          {reached ? null : (
            <Alert color="yellow" mb="md" icon={<IconPlugConnectedX aria-hidden />}>
              {s.shell.reconnecting}
            </Alert>
          )}
        </div>
        <Box maw={1680} mx="auto">
          <Outlet />
        </Box>
      </AppShell.Main>
      <Search />
      <SessionEnded who={who} />
    </AppShell>
  );
}
