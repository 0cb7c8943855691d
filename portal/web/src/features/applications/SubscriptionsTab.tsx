import { Button, Group, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight, IconPlugConnected } from '@tabler/icons-react';
import type { Who } from '~/api/session';
import { Empty } from '~/components/Empty';
import { ButtonLink } from '~/components/Links';
import { useDialog } from '~/components/useDialog';
import { MoveDialog, type Move } from '~/features/subscribers/MoveDialog';
import { STATES, stateOf, type OfSubscription } from '~/features/subscribers/moves';
import { applications } from '~/strings/applications';
import { SubscriptionCard } from './SubscriptionCard';

const words = applications.subscription;

interface Props {
  who: Who;
  mine: boolean;
  /** Absent while they are asked for. */
  subscriptions: OfSubscription[] | undefined;
}

export function SubscriptionsTab({ who, mine, subscriptions }: Props) {
  const dialog = useDialog<Move>();
  const [old, { toggle }] = useDisclosure(false);
  if (!subscriptions) return <Skeleton height={180} radius="md" />;
  const ordered = [...subscriptions].sort((one, other) => STATES.indexOf(stateOf(one)) - STATES.indexOf(stateOf(other)));
  const revoked = ordered.filter((one) => stateOf(one) === 'revoked');
  const card = (one: OfSubscription) => (
    <SubscriptionCard key={one.metadata.name} subscription={one} who={who} mine={mine}
      onMove={(move) => dialog.open({ move, subscriptions: [one] })} />
  );
  return (
    <Stack>
      {subscriptions.length === revoked.length ? (
        <Empty icon={<IconPlugConnected size={40} stroke={1.2} aria-hidden />} title={words.none.title} text={words.none.text}>
          {mine ? <ButtonLink to="/endpoints">{words.none.action}</ButtonLink> : null}
        </Empty>
      ) : null}
      {ordered.filter((one) => !revoked.includes(one)).map(card)}
      {mine && subscriptions.length > revoked.length ? (
        <Group><ButtonLink to="/endpoints" variant="default">{words.find}</ButtonLink></Group>
      ) : null}
      {revoked.length > 0 ? (
        <Group>
          <Button variant="subtle" color="gray" c="dimmed" size="compact-sm" onClick={toggle} aria-expanded={old}
            leftSection={old ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}>
            {words.ended(revoked.length)}
          </Button>
        </Group>
      ) : null}
      {old ? revoked.map(card) : null}
      <MoveDialog about={dialog.about} opened={dialog.opened} onClose={dialog.close} />
    </Stack>
  );
}
