// Access: the key, shown once, and the shortest ways to the first event.
import { Alert, Anchor, Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconDownload, IconKey, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { apply, document, listQuery } from '~/api/resources';
import { AsCode } from '~/components/AsCode';
import { CodeBlock } from '~/components/CodeBlock';
import { ButtonLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { connectQuery } from '~/features/endpoint/connect/query';
import { clientProperties, dotEnv, type Connect } from '~/features/endpoint/connect/script';
import { Snippets } from '~/features/endpoint/connect/Snippets';
import { save } from '~/features/endpoint/save';
import { subscribe as words } from '~/strings/subscribe';
import { applyAsCode } from './asCode';
import { credentialName, isKey, KEYS_MAX } from './documents';
import type { Made } from './SubscribePage';

interface Props {
  endpoint: string;
  subscription: string;
  application: string;
  made?: Made;
  onMade: (made: Made) => void;
}

export function Granted({ endpoint, subscription, application, made, onMade }: Props) {
  const connect = useQuery({ ...connectQuery(subscription, made?.credential), enabled: made !== undefined });
  return (
    <Stack gap="lg">
      <Group>
        <ButtonLink to="/endpoints/$name/live" params={{ name: endpoint }} search={{ subscription, from: 'earliest' }} size="md"
          leftSection={<IconPlayerPlay size={18} aria-hidden />}>
          {words.done.see}
        </ButtonLink>
        <ButtonLink to="/endpoints/$name/connect" params={{ name: endpoint }} search={{ subscription }} variant="default" size="md">{words.done.connect}</ButtonLink>
        <Anchor component={Link} to={`/applications/${application}`}>{words.done.toApplication}</Anchor>
      </Group>
      {made ? <Secret made={made} connect={connect.data} /> : <NoSecret application={application} onMade={onMade} />}
      {connect.error ? <ProblemAlert error={connect.error} /> : null}
      {made && connect.isPending ? <Skeleton height={240} radius="md" /> : null}
      {made && connect.data ? <Program connect={connect.data} secret={made.secret} /> : null}
    </Stack>
  );
}

function Secret({ made, connect }: { made: Made; connect?: Connect }) {
  const properties = connect && clientProperties(connect, made.secret);
  return (
    <Card withBorder component="section" aria-label={words.key.title}>
      <Stack gap="sm">
        <Group gap="xs">
          <IconKey size={20} stroke={1.6} aria-hidden />
          <Title order={2}>{words.key.title}</Title>
          <Text size="sm" c="dimmed">{made.credential}</Text>
        </Group>
        <Alert color="yellow">{words.key.once}</Alert>
        <CodeBlock text={made.secret} label={words.key.secret} />
        {connect ? (
          <Group>
            <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => save('.env', dotEnv(connect, made.secret))}>{words.key.env}</Button>
            {properties ? (
              <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => save('client.properties', properties)}>{words.key.properties}</Button>
            ) : null}
          </Group>
        ) : null}
      </Stack>
    </Card>
  );
}

function Program({ connect, secret }: { connect: Connect; secret: string }) {
  const [client, setClient] = useState<string>();
  return (
    <section>
      <Title order={2} mb="sm">{words.key.program}</Title>
      <Snippets connect={connect} client={client} onClient={setClient} secret={secret} />
    </section>
  );
}

/** There is a key already, or none yet: another is made on demand. */
function NoSecret({ application, onMade }: { application: string; onMade: (made: Made) => void }) {
  const queries = useQueryClient();
  const asked = useQuery(listQuery('Credential', { filter: `application=${application}` }));
  const all = asked.data?.items ?? [];
  const working = all.filter(({ spec }) => isKey(spec));
  const name = credentialName(application, all.map((one) => one.metadata.name));
  const documents = [document('Credential', name, { application })];
  const make = useMutation({
    // The secret goes to the page alone, and into no cache.
    mutationFn: async () => {
      const { secrets } = await apply(documents);
      const [made] = secrets;
      if (made) onMade({ credential: name, secret: made.secret });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['resources', 'Credential'] }),
  });
  if (asked.isPending) return <Skeleton height={100} radius="md" />;
  const [key] = working;
  return (
    <Card withBorder component="section" aria-label={words.key.title}>
      <Stack gap="sm" align="flex-start">
        <Title order={2}>{words.key.title}</Title>
        <Text>{key ? words.key.has(key.metadata.name) : words.key.none}</Text>
        {make.error ? <ProblemAlert error={make.error} /> : null}
        {working.length >= KEYS_MAX ? <Text size="sm" c="dimmed">{words.key.full}</Text> : (
          <Group>
            <Button variant={key ? 'default' : 'filled'} onClick={() => make.mutate()} loading={make.isPending}>
              {key ? words.key.another : words.key.make}
            </Button>
            <AsCode code={applyAsCode(documents)} />
          </Group>
        )}
      </Stack>
    </Card>
  );
}
