import { Avatar, Menu, Text, UnstyledButton } from '@mantine/core';
import { IconLogout, IconUser } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { sessionQuery, signOut, type Who } from '~/api/session';
import { s } from '~/strings';

export function Account({ who }: { who: Who }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const initials = who.name.slice(0, 2).toUpperCase();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: '/sign-in' });
    },
  });
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton aria-label={s.shell.account(who.name, initials)}>
          <Avatar color="sluice" radius="xl" size={36}>{initials}</Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} size="sm" c="var(--mantine-color-text)">
            {who.name}
          </Text>
          {[...who.roles, ...who.teams].join(' · ')}
        </Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUser size={16} aria-hidden />}>{s.shell.profile}</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => leave.mutate()}>
          {s.shell.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
