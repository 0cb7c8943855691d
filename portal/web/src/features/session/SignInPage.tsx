import { Card, Center, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { waysQuery } from '~/api/session';
import { s } from '~/strings';
import { FirstRun } from './FirstRun';
import { SignInForm } from './SignInForm';

export function SignInPage({ returnTo }: { returnTo: string }) {
  const router = useRouter();
  const ways = useQuery(waysQuery);
  useDocumentTitle(`${s.session.title} · ${s.common.product}`);
  const go = () => {
    router.history.push(returnTo);
  };
  const first = ways.data?.firstRun === true;
  return (
    <Center component="main" mih="100vh" p="md">
      <Card withBorder shadow="sm" padding="xl" w="100%" maw={420}>
        <Stack>
          <Group gap="sm">
            <img src="/favicon.svg" alt="" width={36} height={36} />
            <Title order={1}>{first ? s.session.firstRun.title : s.common.product}</Title>
          </Group>
          <Text c="dimmed">{first ? s.session.firstRun.lead : s.session.lead}</Text>
          {first ? <FirstRun onMade={go} /> : null}
          {first ? null : <SignInForm returnTo={returnTo} submit={s.session.submit} onSignedIn={go} />}
        </Stack>
      </Card>
    </Center>
  );
}
