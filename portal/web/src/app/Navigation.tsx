import { NavLink, Stack, Text } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { hasRole, type Who } from '~/api/session';
import { SECTIONS, type PageLink } from './pages';

interface Props {
  who: Who;
  /** Called when somebody went somewhere. */
  onGone: () => void;
}

export function Navigation({ who, onGone }: Props) {
  const at = useLocation({ select: (location) => location.pathname });
  const mine = (page: PageLink) => !page.roles || hasRole(who, ...page.roles);
  const active = (to: string) => (to === '/' ? at === '/' : at === to || at.startsWith(`${to}/`));
  return (
    <Stack gap="md">
      {SECTIONS.map((section) => ({ ...section, pages: section.pages.filter(mine) }))
        .filter((section) => section.pages.length > 0)
        .map((section) => (
          <div key={section.title}>
            <Text size="xs" fw={600} c="dimmed" px="sm" pb={4}>
              {section.title}
            </Text>
            {section.pages.map((page) => (
              <NavLink
                key={page.to}
                component={Link}
                to={page.to}
                label={page.title}
                leftSection={<page.icon size={18} stroke={1.6} aria-hidden />}
                active={active(page.to)}
                aria-current={active(page.to) ? 'page' : undefined}
                onClick={onGone}
                style={{ borderRadius: 'var(--mantine-radius-md)' }}
              />
            ))}
          </div>
        ))}
    </Stack>
  );
}
