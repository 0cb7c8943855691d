// How one's own applications are connected: facts, and programs that run as they are.
import { Anchor, Card, Group, Select, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { CodeBlock } from '~/components/CodeBlock';
import { ProblemAlert } from '~/components/ProblemAlert';
import { connect as words } from '~/strings/connect';
import { useMySubscriptions } from '../data';
import { NoAccess } from '../NoAccess';
import { connectQuery } from './query';
import type { Connect } from './script';
import type { ConnectSearch } from './search';
import { Snippets } from './Snippets';

const route = getRouteApi('/_signed/endpoints/$name/connect');

export function ConnectPage({ name }: { name: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const go = (part: ConnectSearch) => void navigate({ search: { ...search, ...part }, replace: true });
  const mine = useMySubscriptions(name);
  const subscription = mine.active.find((one) => one.metadata.name === search.subscription) ?? mine.active[0];
  if (mine.isPending) return <Skeleton height={420} radius="md" />;
  if (mine.error) return <ProblemAlert error={mine.error} />;
  if (!subscription) {
    const icon = <IconPlugConnected size={40} stroke={1.2} aria-hidden />;
    return <NoAccess endpoint={name} icon={icon} subscriptions={mine.subscriptions} none={words.none} waiting={words.waiting} />;
  }
  return (
    <Stack gap="lg">
      {mine.active.length > 1 ? (
        <Select label={words.application} value={subscription.metadata.name} allowDeselect={false} maw={360} searchable={mine.active.length > 8}
          data={mine.active.map(({ metadata, spec }) => ({ value: metadata.name, label: `${spec.application} · ${spec.plan}` }))}
          onChange={(value) => go({ subscription: value ?? undefined })} />
      ) : null}
      <Connection key={subscription.metadata.name} subscription={subscription.metadata.name} application={subscription.spec.application}
        client={search.client} onClient={(client) => go({ client })} />
    </Stack>
  );
}

interface ConnectionProps {
  subscription: string;
  application: string;
  client?: string;
  onClient: (client: string) => void;
}

function Connection({ subscription, application, client, onClient }: ConnectionProps) {
  const connect = useQuery(connectQuery(subscription));
  if (connect.isPending) return <Skeleton height={420} radius="md" />;
  if (connect.error) {
    return (
      <Stack>
        <ProblemAlert error={connect.error} />
        <Anchor component={Link} to={`/applications/${application}`}>{words.toApplication(application)}</Anchor>
      </Stack>
    );
  }
  return (
    <>
      <section>
        <Title order={2} mb={4}>{words.program}</Title>
        <Text size="sm" c="dimmed" mb="sm">
          {words.secretHint(connect.data.credential)}{' '}
          <Anchor component={Link} to={`/applications/${application}`} size="sm" underline="always">{words.toApplication(application)}</Anchor>
        </Text>
        <Snippets connect={connect.data} client={client} onClient={onClient} />
      </section>
      <Facts connect={connect.data} />
    </>
  );
}

function Facts({ connect }: { connect: Connect }) {
  const { kafka, eventsUrl } = connect;
  const facts: [string, string | undefined | null][] = [
    [words.facts.bootstrap, kafka?.bootstrapServers],
    [words.facts.topic, kafka ? connect.address : undefined],
    [words.facts.group, kafka?.group],
    [words.facts.security, kafka ? `${kafka.securityProtocol}, ${kafka.mechanisms.join(', ')}` : undefined],
    [words.facts.user, connect.credential],
    [words.facts.events, eventsUrl],
  ];
  return (
    <Card withBorder component="section" aria-label={words.facts.title}>
      <Title order={2} mb="sm">{words.facts.title}</Title>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
        {facts.map(([title, text]) => text ? (
          <Group key={title} gap={4} wrap="nowrap" align="stretch" style={{ flexDirection: 'column' }}>
            <Text size="sm" c="dimmed">{title}</Text>
            <CodeBlock text={text} label={title} />
          </Group>
        ) : null)}
      </SimpleGrid>
    </Card>
  );
}
