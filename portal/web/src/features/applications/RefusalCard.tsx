// Why an attempt was refused, in words, and what to do about it.
import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import type { Refusal } from '~/api/activity';
import { ToneBadge } from '~/components/Badges';
import { AnchorLink } from '~/components/Links';
import { When } from '~/components/When';
import { applications } from '~/strings/applications';
import { doorName } from './CheckTab';

const words = applications.check;

/** Where the cause is put right. */
const AT_SUBSCRIPTIONS = ['subscription_pending', 'subscription_suspended', 'subscription_expired', 'door_not_offered'];
const AT_KEYS = ['credential', 'credential_refused', 'token_refused', 'unauthenticated', 'login_refused', 'secret_in_query'];
const IN_CATALOGUE = ['endpoint_not_found', 'not_found', 'endpoint_retired'];

interface Props {
  credential: string;
  refusal: Refusal;
  onTab: (tab: string) => void;
}

export function RefusalCard({ credential, refusal, onTab }: Props) {
  const { door, address, code, words: why, times, lastAt } = refusal;
  return (
    <Card withBorder padding="sm" component="article">
      <Stack gap={4}>
        <Group gap="xs">
          <Title order={3}>{words.titles[code] ?? words.otherTitle}</Title>
          <ToneBadge tone="quiet">{doorName(door)}</ToneBadge>
        </Group>
        <Text size="sm" c="dimmed">
          <When at={lastAt} /> · {words.times(times)} · {words.key(credential)}{address ? ` · ${words.asked(address)}` : ''}
        </Text>
        <Text size="sm">{why}</Text>
        <Group gap="md">
          {AT_SUBSCRIPTIONS.includes(code) ? <Button size="compact-sm" variant="default" onClick={() => onTab('subscriptions')}>{words.advice.subscriptions}</Button> : null}
          {AT_KEYS.includes(code) ? <Button size="compact-sm" variant="default" onClick={() => onTab('keys')}>{words.advice.keys}</Button> : null}
          {IN_CATALOGUE.includes(code) && address ? (
            <AnchorLink to="/endpoints" search={{ q: address }} size="sm">{words.advice.find(address)}</AnchorLink>
          ) : null}
        </Group>
      </Stack>
    </Card>
  );
}
