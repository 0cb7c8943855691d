// What the teams of the readers are told, as they will read it.
import { Card, Code, Text, Title } from '@mantine/core';
import { Ticks } from '~/components/Ticks';
import { deprecate } from '~/strings/deprecate';

const words = deprecate.told;

interface Props {
  name: string;
  title: string;
  sunset: string;
  successor: string;
  teams: string[];
}

export function Told({ name, title, sunset, successor, teams }: Props) {
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
    </section>
  );
}
