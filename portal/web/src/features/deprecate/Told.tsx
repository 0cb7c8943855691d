// What the teams of the readers are told, as they will read it.
import { Card, Checkbox, Code, Stack, Text, Title } from '@mantine/core';
import { Ticks } from '~/components/Ticks';
import type { Draft } from '~/features/message/draft';
import { Fields } from '~/features/message/Fields';
import { Receivers } from '~/features/message/Receivers';
import { deprecate } from '~/strings/deprecate';

const words = deprecate.told;
const ALL = {};

interface Props {
  name: string;
  title: string;
  sunset: string;
  successor: string;
  teams: string[];
  /** Whether they are written to as well, and what. */
  writes: boolean;
  onWrites: (writes: boolean) => void;
  message: Draft;
  onMessage: (part: Partial<Draft>) => void;
}

export function Told({ name, title, sunset, successor, teams, writes, onWrites, message, onMessage }: Props) {
  return (
    <section>
      <Title order={2}>{words.title}</Title>
      <Text size="sm" mb={4}>{words.lead(teams)}</Text>
      <Text size="sm" c="dimmed" mb="sm">{words.how}</Text>
      <Card withBorder component="figure" m={0} maw={640} aria-label={words.notice}>
        <Text fw={600} mb={4}>{words.subject(title)}</Text>
        <Text size="sm"><Ticks text={words.text(name, sunset, successor)} /></Text>
        <Code mt="xs" style={{ alignSelf: 'flex-start' }}>{`${location.origin}/endpoints/${name}`}</Code>
      </Card>
      <Stack mt="md" maw={640} gap="sm">
        <Checkbox label={words.write} description={words.writeHint} checked={writes} onChange={(event) => onWrites(event.currentTarget.checked)} />
        {writes ? (
          <>
            <Receivers endpoint={name} choice={ALL} />
            <Fields draft={message} set={onMessage} />
          </>
        ) : null}
      </Stack>
    </section>
  );
}
