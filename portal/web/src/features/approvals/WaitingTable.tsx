import { Anchor, Button, Checkbox, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { SortHeader, sorted } from '~/components/SortHeader';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { When } from '~/components/When';
import type { OfSubscription } from '~/features/subscribers/moves';
import type { OfEndpoint } from '~/features/subscribers/useDecided';
import { approvals as words } from '~/strings/approvals';

export interface TableProps {
  rows: OfSubscription[];
  endpoints: Map<string, OfEndpoint>;
  sort: string;
  onSort: (sort: string) => void;
  onEnd: () => void;
}

interface Props extends TableProps {
  picked: Set<string>;
  onPick: (picked: Set<string>) => void;
  onReview: (subscription: OfSubscription) => void;
}

export function WaitingTable({ rows, endpoints, sort, onSort, onEnd, picked, onPick, onReview }: Props) {
  const narrow = useMediaQuery('(max-width: 48em)');
  const by = (title: string, field: string) => ({
    title: <SortHeader title={title} field={field} sort={sort} onSort={onSort} />,
    sort: sorted(sort, field),
  });
  const names = rows.map((one) => one.metadata.name);
  const count = names.filter((name) => picked.has(name)).length;
  const toggle = (name: string) => {
    const next = new Set(picked);
    if (!next.delete(name)) next.add(name);
    onPick(next);
  };
  const choose: Column<OfSubscription> = {
    title: (
      <Checkbox aria-label={words.chooseAll} checked={count === names.length} indeterminate={count > 0 && count < names.length}
        onChange={() => onPick(new Set(count === names.length ? [] : names))} />
    ),
    width: '44px',
    cell: ({ metadata, spec }) => (
      <Checkbox aria-label={words.choose(spec.application, spec.endpoint)} checked={picked.has(metadata.name)} onChange={() => toggle(metadata.name)} />
    ),
  };
  const endpoint = ({ spec }: OfSubscription) => <Target of={spec} endpoints={endpoints} />;
  const why = ({ spec }: OfSubscription) => (
    <Text size="sm" lineClamp={2} c={spec.justification ? undefined : 'dimmed'}>{spec.justification ? spec.justification : words.noJustification}</Text>
  );
  const review = (one: OfSubscription) => (
    <Button size="xs" variant="default" onClick={() => onReview(one)} aria-label={words.reviewOf(one.spec.application, one.spec.endpoint)}>{words.review}</Button>
  );
  const asked = ({ spec }: OfSubscription) => (spec.requestedAt ? (
    <Stack gap={0}>
      <When at={spec.requestedAt} />
      {spec.requestedBy ? <Text size="xs" c="dimmed">{words.by(spec.requestedBy)}</Text> : null}
    </Stack>
  ) : null);
  const whole: Column<OfSubscription>[] = [
    choose,
    { ...by(words.columns.application, 'application'), width: 'minmax(150px, 1fr)', cell: ({ spec }) => <Text size="sm" fw={600}>{spec.application}</Text> },
    { ...by(words.columns.endpoint, 'endpoint'), width: 'minmax(150px, 1fr)', cell: endpoint },
    { title: words.columns.why, width: 'minmax(240px, 2fr)', cell: why },
    { ...by(words.columns.since, 'requestedAt'), width: '140px', cell: asked },
    { title: words.columns.review, width: '110px', cell: review },
  ];
  const short: Column<OfSubscription>[] = [
    choose,
    {
      ...by(words.columns.since, 'requestedAt'),
      width: 'minmax(0, 1fr)',
      cell: (one) => (
        <Stack gap={4} align="flex-start">
          <Text size="sm" fw={600}>{one.spec.application}</Text>
          {endpoint(one)}
          {why(one)}
          <Text size="xs" c="dimmed" component="div">{asked(one)}</Text>
          {review(one)}
        </Stack>
      ),
    },
  ];
  return (
    <VirtualTable label={words.tabs.waiting} columns={narrow ? short : whole} rows={rows} rowKey={(one) => one.metadata.name}
      onEnd={onEnd} minWidth={narrow ? 0 : 860} />
  );
}

/** What is asked for. */
export function Target({ of, endpoints }: { of: OfSubscription['spec']; endpoints: Map<string, OfEndpoint> }) {
  return (
    <Stack gap={0}>
      <Anchor component={Link} to={`/endpoints/${of.endpoint}`} size="sm">{endpoints.get(of.endpoint)?.title ?? of.endpoint}</Anchor>
      <Text size="xs" c="dimmed">{of.plan}</Text>
    </Stack>
  );
}
