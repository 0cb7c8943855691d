// Who reads it, how much and when last; and, once it is deprecated, who has moved.
import { Group, Stack, Text, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { StateBadge, ToneBadge } from '~/components/Badges';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { Ends } from '~/features/subscribers/Ends';
import { LastUse, UsageBars } from '~/features/subscribers/UsageBars';
import { deprecate } from '~/strings/deprecate';
import { standingOf, type Reader, type Standing } from './standing';
import type { Readers } from './useReaders';

const words = deprecate.readers;
const say = deprecate.progress;
const TONES: Record<Standing, 'good' | 'wait' | 'warn' | 'bad' | 'quiet'> = { moved: 'good', both: 'wait', asked: 'wait', reads: 'bad', idle: 'warn' };

interface Props {
  readers: Reader[];
  of: Readers;
  /** Whether it is told who has moved. */
  moving?: boolean;
}

export function ReadersTable({ readers, of, moving = false }: Props) {
  const narrow = useMediaQuery('(max-width: 48em)');
  const name = ({ old }: Reader) => old.metadata.name;
  const application = (reader: Reader) => {
    const team = of.teams.get(name(reader));
    return (
      <Stack gap={0}>
        <Text size="sm" fw={600}>{reader.application}</Text>
        <Text size="xs" c="dimmed">{reader.old.spec.plan}{team ? `, ${words.team(team)}` : ''}</Text>
      </Stack>
    );
  };
  const stands = (reader: Reader) => {
    const is = standingOf(reader, of.used.get(name(reader)));
    return <Tooltip label={say.means[is]} multiline maw={280}><span><ToneBadge tone={TONES[is]}>{say.stands[is]}</ToneBadge></span></Tooltip>;
  };
  const state = (reader: Reader) => (moving ? stands(reader) : <StateBadge of={reader.old.spec.state} />);
  const { columns } = words;
  const whole: Column<Reader>[] = [
    { title: columns.application, width: 'minmax(150px, 1.4fr)', cell: application },
    { title: moving ? columns.stands : columns.state, width: moving ? '164px' : '128px', cell: state },
    { title: columns.usage, width: '112px', cell: (reader) => <UsageBars subscription={name(reader)} /> },
    { title: columns.lastUse, width: '104px', cell: (reader) => <LastUse subscription={name(reader)} /> },
    { title: columns.ends, width: 'minmax(100px, 1fr)', cell: ({ old }) => <Ends of={old} /> },
  ];
  const short: Column<Reader>[] = [{
    title: columns.application,
    width: 'minmax(0, 1fr)',
    cell: (reader) => (
      <Stack gap={4}>
        {application(reader)}
        <Group gap="xs">
          {state(reader)}
          <Text size="xs" component="div"><LastUse subscription={name(reader)} /></Text>
        </Group>
      </Stack>
    ),
  }];
  return <VirtualTable label={words.table} columns={narrow ? short : whole} rows={readers} rowKey={({ application }) => application} minWidth={narrow ? 0 : 600} />;
}
