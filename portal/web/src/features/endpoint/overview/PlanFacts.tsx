// What a plan gives and hides, a line each.
import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconBroadcast, IconCalendarTime, IconClockPlay, IconDoorEnter, IconEyeOff, IconFileCheck, IconGauge, IconUserCheck, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Resource } from '~/api/resources';
import type { Plan } from '~/api/resources.gen';
import { s } from '~/strings';
import { endpoint as words } from '~/strings/endpoint';
import { approvesItself, describedQuery, useTeam } from '../data';
import { bytes } from '~/format';
import { rulesInShort } from '../rules';

const say = words.plan;

interface Props {
  plan: Resource<'Plan'>;
  /** The team that decides about requests. */
  owner?: string | null;
}

export function PlanFacts({ plan: { metadata, spec }, owner }: Props) {
  const team = useTeam(owner).title;
  const described = useQuery(describedQuery(spec.endpoint, metadata.name));
  const hidden = described.data ? rulesInShort(described.data.rules) || words.overview.allFields : undefined;
  return (
    <Stack gap={6}>
      {described.error ? null : (
        <Fact icon={IconEyeOff} title={say.hidden}>{hidden ?? <Skeleton height={14} width={140} my={4} />}</Fact>
      )}
      <Fact icon={IconGauge} title={say.limits}>{pace(spec)}</Fact>
      <Fact icon={IconClockPlay} title={say.history}>{spec.replayWindow ? say.replay(spec.replayWindow) : say.allHistory}</Fact>
      <Fact icon={IconDoorEnter} title={say.doors}>{doors(spec)}</Fact>
      <Fact icon={IconUserCheck} title={say.approval}>{approvesItself(spec) ? say.automatic : say.owner(team)}</Fact>
      {spec.preview ? <Fact icon={IconBroadcast} title={say.preview}>{say.previewed}</Fact> : null}
      {spec.subscriptionDays ? <Fact icon={IconCalendarTime} title={say.duration}>{say.ends(spec.subscriptionDays)}</Fact> : null}
      {spec.terms ? <Fact icon={IconFileCheck} title={say.terms}>{say.terms}</Fact> : null}
    </Stack>
  );
}

export function pace({ limits }: Plan): string {
  const parts = [
    limits?.eventsPerSecond ? say.events(limits.eventsPerSecond) : '',
    limits?.bytesPerSecond ? say.bytes(bytes(limits.bytesPerSecond)) : '',
    limits?.connections ? say.connections(limits.connections) : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : say.unlimited;
}

export function doors({ doors }: Plan): string {
  const all = Object.keys(s.common.door) as (keyof typeof s.common.door)[];
  return (doors && doors.length > 0 ? doors : all).map((door) => s.common.door[door]).join(', ');
}

function Fact({ icon: Sign, title, children }: { icon: Icon; title: string; children: ReactNode }) {
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Sign size={16} stroke={1.6} role="img" aria-label={title} style={{ flex: 'none', marginTop: 3 }} />
      <Text size="sm" component="div">{children}</Text>
    </Group>
  );
}
