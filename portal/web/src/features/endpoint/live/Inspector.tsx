// One event, whole.
import { ActionIcon, Button, Card, CopyButton, Group, Stack, Table, Text, Title, Tooltip } from '@mantine/core';
import { IconCheck, IconChevronDown, IconChevronUp, IconCopy, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import { CodeBlock } from '~/components/CodeBlock';
import { s } from '~/strings';
import { live as words } from '~/strings/live';
import { connectQuery } from '../connect/query';
import { headerText, type LiveEvent } from './event';
import classes from './Live.module.css';
import { pretty } from './pretty';

const say = words.inspect;

interface Props {
  event: LiveEvent;
  events: LiveEvent[];
  /** Whose events they are; absent: a plan's that everybody may look at. */
  subscription?: string;
  onEvent: (event: LiveEvent) => void;
  onClose: () => void;
}

export function Inspector({ event, events, subscription, onEvent, onClose }: Props) {
  const card = useRef<HTMLDivElement>(null);
  // On a narrow page it stands above the list, perhaps out of sight.
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const { timestamp, key, keyEncoding, headers, value, valueEncoding } = event.envelope;
  const at = events.findIndex((one) => one.number === event.number);
  const newer = at > 0 ? events[at - 1] : undefined;
  const older = at >= 0 ? events[at + 1] : undefined;
  const text = typeof value === 'string' && valueEncoding ? value : pretty(event.value);
  const connected = useQuery({ ...connectQuery(subscription ?? ''), enabled: subscription !== undefined });
  const address = connected.data?.eventsUrl;
  return (
    <Card withBorder ref={card} className={classes.inspector} component="section" aria-label={words.event(event.partition, event.offset)}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" mb="xs">
        <Title order={2}>{words.event(event.partition, event.offset)}</Title>
        <Group gap={4} wrap="nowrap">
          <Step label={say.newer} to={newer} onEvent={onEvent} icon={<IconChevronUp size={16} />} />
          <Step label={say.older} to={older} onEvent={onEvent} icon={<IconChevronDown size={16} />} />
          <Tooltip label={say.close}>
            <ActionIcon variant="subtle" color="gray" aria-label={say.close} onClick={onClose}><IconX size={16} /></ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      <Stack gap="sm">
        <Table verticalSpacing={4} horizontalSpacing={0} withRowBorders={false} aria-label={words.event(event.partition, event.offset)}>
          <Table.Tbody>
            <Line title={say.time} text={timestamp ?? words.noTime} />
            <Line title={say.key} text={key === null ? words.noKey : keyEncoding ? `${key} (base64)` : key} />
            {headers.length === 0 ? <Line title={say.headers} text={say.noHeaders} /> : null}
            {headers.map(([name, of], line) => <Line key={line} title={headerText(name)} text={headerText(of)} />)}
          </Table.Tbody>
        </Table>
        {valueEncoding ? <Text size="sm" c="dimmed">{say[valueEncoding]}</Text> : null}
        {value === null ? <Text size="sm">{say.tombstone}</Text> : <CodeBlock text={text} label={say.value} height={420} />}
        <Group gap="xs">
          <Text size="sm" c="dimmed">{say.copy}</Text>
          <Copy title={say.json} text={event.text} />
          {address ? <Copy title={say.curl} text={asCurl(address, timestamp)} /> : null}
        </Group>
      </Stack>
    </Card>
  );
}

/** Reads from the event's time on. */
function asCurl(address: string, timestamp: string | null): string {
  return `curl -N -H "Authorization: Bearer $SLUICEGATE_SECRET" '${address}?from=${timestamp ?? 'earliest'}'`;
}

function Line({ title, text }: { title: string; text: string }) {
  return (
    <Table.Tr>
      <Table.Th fw={400} c="dimmed" w={110} className={classes.headers}>{title}</Table.Th>
      <Table.Td ff="monospace" fz={13} className={classes.headers}>{text}</Table.Td>
    </Table.Tr>
  );
}

interface StepProps {
  label: string;
  to?: LiveEvent;
  onEvent: (event: LiveEvent) => void;
  icon: ReactNode;
}

function Step({ label, to, onEvent, icon }: StepProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" aria-label={label} data-disabled={!to || undefined} aria-disabled={!to} onClick={() => to && onEvent(to)}>{icon}</ActionIcon>
    </Tooltip>
  );
}

function Copy({ title, text }: { title: string; text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy} leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}>
          {copied ? s.common.copied : title}
        </Button>
      )}
    </CopyButton>
  );
}
