import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight, IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { watchedConnectionsQuery } from '~/api/activity';
import type { Resource } from '~/api/resources';
import { hasRole, type Who } from '~/api/session';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useDialog } from '~/components/useDialog';
import { isKey, KEYS_MAX } from '~/features/subscribe/documents';
import type { OfSubscription } from '~/features/subscribers/moves';
import { applications } from '~/strings/applications';
import { KeyCard } from './KeyCard';
import { worksStill, type Key } from './keys';
import { MakeKey, type Making } from './MakeKey';
import { RevokeKey } from './RevokeKey';

const words = applications.keys;

interface Props {
  who: Who;
  application: Resource<'Application'>;
  mine: boolean;
  keys: Key[] | undefined;
  subscriptions: OfSubscription[];
}

export function KeysTab({ who, application, mine, keys, subscriptions }: Props) {
  const { name } = application.metadata;
  const activity = useQuery(watchedConnectionsQuery(name));
  const making = useDialog<Making>();
  const revoking = useDialog<Key>();
  const [old, { toggle }] = useDisclosure(false);
  if (!keys) return <Skeleton height={160} radius="md" />;
  const working = keys.filter(worksStill);
  const gone = keys.filter((key) => !worksStill(key));
  const full = keys.filter(({ spec }) => isKey(spec)).length >= KEYS_MAX;
  const of = (key: Key) => activity.data?.credentials.find((one) => one.name === key.metadata.name);
  const card = (key: Key) => (
    <KeyCard key={key.metadata.name} of={key} activity={of(key)} known={!activity.isPending}
      mayReplace={mine && !full} mayRevoke={mine || hasRole(who, 'securityOfficer')}
      onReplace={() => making.open({ replaces: key })} onRevoke={() => revoking.open(key)} />
  );
  const make = mine ? (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => making.open({})} disabled={full}>{words.make}</Button>
  ) : null;
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text maw={720}>{words.lead}</Text>
        {working.length > 0 ? make : null}
      </Group>
      {mine && full ? <Text size="sm" c="dimmed">{words.full}</Text> : null}
      {activity.error ? <ProblemAlert error={activity.error} /> : null}
      {working.length === 0 ? (
        <Empty icon={<IconKey size={40} stroke={1.2} aria-hidden />} title={words.none.title} text={words.none.text}>{make}</Empty>
      ) : null}
      {working.map(card)}
      {gone.length > 0 ? (
        <Group>
          <Button variant="subtle" color="gray" c="dimmed" size="compact-sm" onClick={toggle} aria-expanded={old}
            leftSection={old ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}>
            {words.old(gone.length)}
          </Button>
        </Group>
      ) : null}
      {old ? gone.map(card) : null}
      <MakeKey about={making.about} opened={making.opened} onClose={making.close} application={name} keys={keys} subscriptions={subscriptions} />
      <RevokeKey about={revoking.about} activity={revoking.about && of(revoking.about)} opened={revoking.opened} onClose={revoking.close}
        last={working.length === 1} />
    </Stack>
  );
}
