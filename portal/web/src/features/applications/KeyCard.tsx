import { Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { CredentialActivity } from '~/api/activity';
import { ToneBadge } from '~/components/Badges';
import { Facts, type NamedFact } from '~/components/Facts';
import { When } from '~/components/When';
import { day } from '~/format';
import { applications } from '~/strings/applications';
import { kindOf, stateOfKey, worksStill, type Key, type KeyState } from './keys';

const words = applications.keys;
const TONES = { works: 'good', ending: 'wait', expired: 'quiet', revoked: 'bad' } as const satisfies Record<KeyState, string>;

interface Props {
  of: Key;
  activity: CredentialActivity | undefined;
  /** Whether the activity was asked for. */
  known: boolean;
  mayReplace: boolean;
  mayRevoke: boolean;
  onReplace: () => void;
  onRevoke: () => void;
}

export function KeyCard({ of, activity, known, mayReplace, mayRevoke, onReplace, onRevoke }: Props) {
  const { metadata: { name }, spec } = of;
  const state = stateOfKey(spec);
  const kind = kindOf(spec);
  const works = worksStill(of);
  const waiting = <Skeleton height={14} width={90} my={3} />;
  const facts: NamedFact[] = [
    ...(works ? [{ name: words.ends, value: spec.expiresAt ? <>{day(spec.expiresAt)} (<When at={spec.expiresAt} />)</> : words.never }] : []),
    { name: words.lastUse, value: !known ? waiting : activity?.lastUsedAt ? <When at={activity.lastUsedAt} /> : words.unused },
    ...(works ? [{ name: words.connections, value: !known ? waiting : String(activity?.connections.length ?? 0) }] : []),
    ...identity(of),
  ];
  return (
    <Card withBorder component="article" aria-label={name}>
      <Group justify="space-between" align="flex-start">
        <Stack gap={8} style={{ flex: '1 1 320px' }}>
          <Group gap="xs">
            <Title order={2} size="h3" ff="monospace" style={{ overflowWrap: 'anywhere' }}>{name}</Title>
            <ToneBadge tone={TONES[state]}>{words.states[state]}</ToneBadge>
            <Text size="sm" c="dimmed">{words.kinds[kind]}</Text>
          </Group>
          <Facts facts={facts} cols={{ base: 2, sm: 3 }} />
        </Stack>
        {works && (mayReplace || mayRevoke) ? (
          <Group gap="xs">
            {mayReplace && kind === 'secret' ? <Button size="xs" variant="default" onClick={onReplace} aria-label={words.rotateOf(name)}>{words.rotate}</Button> : null}
            {mayRevoke ? <Button size="xs" variant="default" onClick={onRevoke} aria-label={words.revokeOf(name)}>{words.revoke}</Button> : null}
          </Group>
        ) : null}
      </Group>
    </Card>
  );
}

/** Who comes with it, where it is no secret. */
function identity({ spec: { oauth, certificate } }: Key): NamedFact[] {
  if (oauth) {
    const claims = Object.entries(oauth.claims ?? {});
    return [
      { name: words.issuer, value: oauth.issuer },
      ...(oauth.subject ? [{ name: words.subject, value: oauth.subject }] : []),
      ...(claims.length > 0 ? [{ name: words.claims, value: claims.map(([claim, value]) => `${claim} = ${value}`).join(', ') }] : []),
    ];
  }
  if (!certificate) return [];
  return Object.entries(certificate).map(([kind, value]: [string, string]) => ({
    name: (words.names as Record<string, string | undefined>)[kind] ?? kind,
    value,
  }));
}
