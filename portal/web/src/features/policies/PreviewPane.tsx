// Before and after, as one types: what the rules make of real events. What is tried stays in this
// page's memory, and goes when one leaves it.
import { Badge, Card, Group, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { preview, type Outcome, type Preview, type TriedRecord } from '~/api/policies';
import type { Resource } from '~/api/resources';
import type { Rule } from '~/api/resources.gen';
import { ToneBadge } from '~/components/Badges';
import { ProblemAlert } from '~/components/ProblemAlert';
import { TextDiff } from '~/components/TextDiff';
import { s } from '~/strings';
import { PasteRecords, ReadRecords } from './PreviewSources';
import { ofSamples, recordText } from './records';
import { actionOf } from './rules';

const TYPING_MS = 250;
const words = s.policies.preview;
const NONE: TriedRecord[] = [];
type Source = 'samples' | 'paste' | 'topic';

interface Props {
  /** `undefined`: the text is no list of rules now. */
  rules: Rule[] | undefined;
  endpoints: Resource<'Endpoint'>[];
}

export function PreviewPane({ rules, endpoints }: Props) {
  const samples = useMemo(() => endpoints.flatMap(ofSamples), [endpoints]);
  const [source, setSource] = useState<Source>();
  const [pasted, setPasted] = useState(NONE);
  const [read, setRead] = useState(NONE);
  const from = source ?? (samples.length > 0 ? 'samples' : 'paste');
  const records = { samples, paste: pasted, topic: read }[from];
  const { tried, error, pending } = usePreview(rules, records);
  return (
    <section aria-label={words.title}>
      <Group justify="space-between" mb="xs" gap="xs">
        <div>
          <Title order={2}>{words.title}</Title>
          <Text size="sm" c="dimmed">{words.lead}</Text>
        </div>
        <SegmentedControl
          aria-label={words.source}
          value={from}
          onChange={(to) => setSource(to)}
          data={(['samples', 'paste', 'topic'] as const).map((value) => ({ value, label: words.sources[value] }))}
        />
      </Group>
      <Stack gap="md">
        {from === 'paste' ? <PasteRecords onRecords={setPasted} /> : null}
        {from === 'topic' ? <ReadRecords endpoints={endpoints} onRecords={setRead} /> : null}
        {from === 'samples' && samples.length === 0 ? <Text size="sm" c="dimmed">{words.noSamples}</Text> : null}
        <div role="status">
          {rules === undefined ? <Text size="sm">{words.rulesFirst}</Text> : null}
          {tried && rules && !pending ? <Text size="sm">{words.summary(counts(tried))}</Text> : null}
        </div>
        {error ? <ProblemAlert error={error} title={words.failed} /> : null}
        {!tried && pending && records.length > 0 && rules ? <Skeleton height={160} /> : null}
        {tried?.records.map((outcome, at) => {
          const before = records[at];
          return before ? <Tried key={at} number={at + 1} before={before} outcome={outcome} rules={rules ?? []} /> : null;
        })}
      </Stack>
    </section>
  );
}

const TONES: Partial<Record<string, 'good' | 'warn' | 'bad'>> = { changed: 'good', filtered: 'warn', withheld: 'bad' };

function Tried({ number, before, outcome, rules }: { number: number; before: TriedRecord; outcome: Outcome; rules: Rule[] }) {
  const gone = outcome.outcome === 'filtered' || outcome.outcome === 'withheld';
  return (
    <Card withBorder padding="sm">
      <Group gap="xs" mb="xs">
        <Text size="sm" fw={600}>{words.event(number)}</Text>
        <ToneBadge tone={TONES[outcome.outcome] ?? 'quiet'}>{words.outcome(outcome.outcome)}</ToneBadge>
        {outcome.reason ? <Text size="sm">{words.reason(outcome.reason)}</Text> : null}
        {outcome.rules.map((at) => {
          const rule = rules[at];
          return rule ? <Badge key={at} variant="default" tt="none">{words.by(at + 1, s.policies.rule.actions[actionOf(rule)])}</Badge> : null;
        })}
      </Group>
      {gone ? <Text size="sm" mb="xs">{words.gone}</Text> : null}
      <TextDiff before={recordText(before)} after={gone ? '' : recordText(outcome)} label={words.diff(number)} maxHeight={360} />
    </Card>
  );
}

function counts(tried: Preview): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { outcome } of tried.records) all[outcome] = (all[outcome] ?? 0) + 1;
  return all;
}

/** Asks a moment after something was typed; the answer is kept until the next one is there. */
function usePreview(rules: Rule[] | undefined, records: TriedRecord[]) {
  const typed = rules && JSON.stringify(rules);
  const [asked] = useDebouncedValue(typed, TYPING_MS);
  const [latest, setLatest] = useState<{ asked: string; records: TriedRecord[]; tried?: Preview; error?: unknown }>();
  const { mutate } = useMutation({ mutationFn: () => preview(JSON.parse(asked ?? '[]') as Rule[], records), gcTime: 0 });
  useEffect(() => {
    if (asked === undefined || records.length === 0) return;
    mutate(undefined, {
      onSuccess: (tried) => setLatest({ asked, records, tried }),
      onError: (error) => setLatest({ asked, records, error }),
    });
  }, [asked, records, mutate]);
  const now = latest?.records === records ? latest : undefined;
  return { tried: now?.tried, error: now?.error, pending: now?.asked !== typed };
}
