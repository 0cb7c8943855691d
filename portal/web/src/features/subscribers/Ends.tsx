// When a subscription ends, and by when somebody has to say that it is still needed.
import { Stack, Text } from '@mantine/core';
import { day, moment } from '~/format';
import { subscribers as words } from '~/strings/subscribers';
import { stateOf, type OfSubscription } from './moves';

export function Ends({ of }: { of: OfSubscription }) {
  const { expiresAt, recertifyBy } = of.spec;
  const live = ['active', 'suspended'].includes(stateOf(of));
  if (!live) return null;
  if (!expiresAt && !recertifyBy) return <Text span inherit c="dimmed">{words.endless}</Text>;
  return (
    <Stack gap={0}>
      {expiresAt ? <Text span inherit title={moment(expiresAt)}>{words.endsBy(day(expiresAt))}</Text> : null}
      {recertifyBy && !(expiresAt && expiresAt < recertifyBy) ? <Text span inherit c={expiresAt ? 'dimmed' : undefined} title={moment(recertifyBy)}>{words.confirmBy(day(recertifyBy))}</Text> : null}
    </Stack>
  );
}
