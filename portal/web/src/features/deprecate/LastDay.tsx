// Until when it is served, and who was promised it for longer.
import { Button, List, Stack, Text, TextInput, Title } from '@mantine/core';
import type { Resource } from '~/api/resources';
import type { OfSubscription } from '~/features/subscribers/moves';
import { day, longDay } from '~/format';
import { deprecate } from '~/strings/deprecate';
import { daysUntil, inDays } from './days';
import { Warning } from './Instead';

const words = deprecate.until;
const LISTED_MAX = 5;
/** With fewer days it is said that they are few. */
const SOON_DAYS = 30;

interface Props {
  value: string;
  onChange: (day: string) => void;
  live: OfSubscription[];
  plans: Resource<'Plan'>[];
}

export function LastDay({ value, onChange, live, plans }: Props) {
  const days = value ? daysUntil(value) : undefined;
  const end = (one: OfSubscription) => one.spec.expiresAt?.slice(0, 10) ?? '';
  const longer = value ? live.filter((one) => end(one) > value) : [];
  const latest = longer.map(end).sort().at(-1);
  const granted = days === undefined ? [] : plans.filter(({ spec }) => (spec.subscriptionDays ?? 0) > days);
  return (
    <section>
      <Title order={2} mb="xs">{words.title}</Title>
      <Stack gap="md">
        <TextInput type="date" label={words.label} description={words.hint} value={value} min={inDays(1)} maw={320}
          onChange={(event) => onChange(event.currentTarget.value)} />
        <Text size="sm" role="status">{days === undefined ? words.none : words.days(days)}</Text>
        {days !== undefined && days < SOON_DAYS ? <Warning>{words.soon(days)}</Warning> : null}
        {longer.length > 0 && latest ? (
          <Warning>
            <Text size="sm" mb={4}>{words.longer(longer.length)}</Text>
            <List size="sm" mb={4}>
              {longer.slice(0, LISTED_MAX).map((one) => <List.Item key={one.metadata.name}>{words.runs(one.spec.application, day(end(one)))}</List.Item>)}
              {longer.length > LISTED_MAX ? <List.Item>{words.more(longer.length - LISTED_MAX)}</List.Item> : null}
            </List>
            <Text size="sm" mb="xs">{words.whole}</Text>
            <Button size="xs" variant="default" onClick={() => onChange(latest)}>{words.later(longDay(latest))}</Button>
          </Warning>
        ) : null}
        {granted.map(({ metadata, spec }) => <Text key={metadata.name} size="sm">{words.promise(metadata.name, spec.subscriptionDays ?? 0)}</Text>)}
      </Stack>
    </section>
  );
}
