// Whom a change breaks, plan by plan, and what changes for them.
import { Alert, Anchor, Checkbox, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Applied } from '~/api/resources';
import { Ticks } from '~/components/Ticks';
import { s } from '~/strings';

export type Break = NonNullable<Applied['breaks']>[number];

const words = s.editor.breaks;

/** Whether it is refused unless somebody says that it is meant. */
export function mustBeAccepted(breaks: Break[] | undefined): boolean {
  return (breaks ?? []).some(({ verdict, subscriptions }) => verdict !== 'compatible' && subscriptions.length > 0);
}

interface Props {
  breaks: Break[];
  /** Asks whether it is meant. */
  accepted?: boolean;
  onAccept?: (accepted: boolean) => void;
}

export function Breaks({ breaks, accepted, onAccept }: Props) {
  if (breaks.length === 0) return null;
  const serious = mustBeAccepted(breaks);
  const hurt = new Set(breaks.filter(({ verdict }) => verdict !== 'compatible').flatMap((one) => one.subscriptions.map(({ subscription }) => subscription)));
  return (
    <Alert
      color={serious ? 'orange' : 'sluice'}
      icon={serious ? <IconAlertTriangle aria-hidden /> : <IconInfoCircle aria-hidden />}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
      title={serious ? words.hurts(hurt.size) : words.noticed}
    >
      <Stack gap="sm">
        {breaks.map((one) => <OfPlan key={`${one.endpoint}/${one.plan}`} one={one} />)}
        {serious && onAccept ? (
          <Checkbox
            checked={accepted ?? false}
            onChange={(event) => onAccept(event.currentTarget.checked)}
            label={words.accept}
            description={words.acceptHint}
          />
        ) : null}
      </Stack>
    </Alert>
  );
}

function OfPlan({ one }: { one: Break }) {
  const who = one.subscriptions.map(({ application }) => application);
  return (
    <div>
      <Text size="sm" fw={600}>
        {words.plan} {one.plan}, <Anchor inherit underline="always" component={Link} to={`/endpoints/${one.endpoint}`}>{one.endpoint}</Anchor>
        {' — '}{words.verdict(one.verdict)}
      </Text>
      <List size="sm" withPadding>
        {one.findings.map((finding, at) => (
          <List.Item key={at}>
            <Ticks text={finding.message} /> <Text span size="sm" ff="monospace">{finding.path ?? finding.member}</Text>
          </List.Item>
        ))}
      </List>
      <Text size="sm">{who.length > 0 ? words.who(who) : words.nobody}</Text>
    </div>
  );
}
