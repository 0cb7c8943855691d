// The secret of a new key, and files of settings with it.
import { Alert, Button, Group, List, Select, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CodeBlock } from '~/components/CodeBlock';
import { moment } from '~/format';
import { connectQuery } from '~/features/endpoint/connect/query';
import { clientProperties, dotEnv } from '~/features/endpoint/connect/script';
import { save } from '~/features/endpoint/save';
import { stateOf, type OfSubscription } from '~/features/subscribers/moves';
import { applications } from '~/strings/applications';
import type { MadeKey } from './MakeKey';

const words = applications.keys.made;
const ICON = <IconDownload size={16} aria-hidden />;

interface Props {
  made: MadeKey;
  subscriptions: OfSubscription[];
  onDone: () => void;
}

export function KeyMade({ made: { name, secret, old }, subscriptions, onDone }: Props) {
  const active = subscriptions.filter((one) => stateOf(one) === 'active');
  const [subscription, setSubscription] = useState(active[0]?.metadata.name);
  const connect = useQuery({ ...connectQuery(subscription ?? '', name), enabled: subscription !== undefined });
  const properties = connect.data && clientProperties(connect.data, secret);
  const settings = connect.data ? dotEnv(connect.data, secret) : `SLUICEGATE_CREDENTIAL=${name}\nSLUICEGATE_SECRET=${secret}\n`;
  return (
    <Stack>
      <Alert color="yellow">{words.once}</Alert>
      <CodeBlock text={secret} label={words.secret} />
      {active.length > 1 ? (
        <Select label={words.settings} allowDeselect={false} value={subscription ?? null} onChange={(value) => setSubscription(value ?? undefined)}
          data={active.map(({ metadata, spec }) => ({ value: metadata.name, label: spec.endpoint }))} maw={320} />
      ) : null}
      <Group>
        <Button variant="default" leftSection={ICON} onClick={() => save(`${name}.env`, settings)}>{words.env}</Button>
        {properties ? <Button variant="default" leftSection={ICON} onClick={() => save(`${name}.properties`, properties)}>{words.properties}</Button> : null}
      </Group>
      {active.length === 0 ? <Text size="sm" c="dimmed">{words.without}</Text> : null}
      {old ? (
        <div>
          <Text size="sm" fw={600} mb={4}>{words.next}</Text>
          <List type="ordered" size="sm" spacing={2}>
            <List.Item>{words.put(old.name, name)}</List.Item>
            <List.Item>{words.watch(old.name)}</List.Item>
            <List.Item>{words.ends(old.name, moment(old.until))}</List.Item>
          </List>
        </div>
      ) : null}
      <Group justify="flex-end"><Button onClick={onDone}>{words.done}</Button></Group>
    </Stack>
  );
}
