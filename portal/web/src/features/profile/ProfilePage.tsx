import { Anchor, Card, List, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { resourceQuery } from '~/api/resources';
import { Facts } from '~/components/Facts';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { relative } from '~/format';
import { profile as words } from '~/strings/profile';
import { PasswordForm } from './PasswordForm';

const route = getRouteApi('/_signed/profile');

export function ProfilePage() {
  const { who } = route.useRouteContext();
  const isUser = who.kind === 'user';
  const asked = useQuery({ ...resourceQuery('User', who.name), enabled: isUser });
  const spec = asked.data?.spec;
  const facts = [
    { name: words.name, value: who.name },
    { name: words.fullName, value: spec?.title ?? words.none },
    { name: words.email, value: spec?.email ?? words.none },
  ];
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack>
          <Card withBorder component="section" aria-label={words.who}>
            <Stack gap="sm">
              <Title order={2}>{words.who}</Title>
              <Facts facts={facts} cols={{ base: 1, xs: 2, xl: 3 }} />
              {asked.error ? <ProblemAlert error={asked.error} /> : null}
              {who.sessionEnds ? <Text size="sm" c="dimmed">{words.sessionEnds(relative(who.sessionEnds))}</Text> : null}
              <Anchor component={Link} to="/tokens" size="sm">{words.tokens}</Anchor>
            </Stack>
          </Card>
          <Card withBorder component="section" aria-label={words.roles}>
            <Stack gap="sm">
              <Title order={2}>{words.roles}</Title>
              {who.roles.length === 0 && isUser ? <Text size="sm">{words.noRoles}</Text> : null}
              {(isUser ? who.roles : ['admin']).map((role) => (
                <div key={role}>
                  <Text size="sm" fw={600}>{words.roleNames[role] ?? role}</Text>
                  <Text size="sm" c="dimmed">{words.roleWords[role]}</Text>
                </div>
              ))}
              <Title order={2} mt="xs">{words.teams}</Title>
              {who.teams.length === 0 ? <Text size="sm">{words.noTeams}</Text> : (
                <List size="sm">{who.teams.map((team) => <List.Item key={team}>{team}</List.Item>)}</List>
              )}
            </Stack>
          </Card>
        </Stack>
        <div>
          {!isUser ? <Text size="sm" c="dimmed">{words.password.nobody}</Text> : null}
          {spec?.login ? <Text size="sm" c="dimmed">{words.password.provider(spec.login.issuer)}</Text> : null}
          {spec && !spec.login ? <PasswordForm user={who.name} /> : null}
        </div>
      </SimpleGrid>
    </>
  );
}
