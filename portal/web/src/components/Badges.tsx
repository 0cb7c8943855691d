// The states of things, each always in the same colour and never by colour alone.
import { Badge } from '@mantine/core';
import { s } from '~/strings';
import classes from './Badges.module.css';

type Words<K extends 'lifecycle' | 'state' | 'classification'> = keyof (typeof s.common)[K];
type Tone = 'good' | 'wait' | 'warn' | 'bad' | 'info' | 'quiet';

const LIFECYCLE: Record<Words<'lifecycle'>, Tone> = {
  draft: 'quiet', published: 'good', deprecated: 'warn', retired: 'quiet',
};
const STATE: Record<Words<'state'>, Tone> = {
  pending: 'wait', active: 'good', suspended: 'warn', revoked: 'bad', rejected: 'bad', expired: 'quiet',
};
const CLASSIFICATION: Record<Words<'classification'>, Tone> = {
  public: 'quiet', internal: 'info', confidential: 'warn', restricted: 'bad',
};

/** A word in a colour that is readable in both schemes. */
export function ToneBadge({ tone, children }: { tone: Tone; children: string }) {
  return <Badge variant="light" className={classes[tone]}>{children}</Badge>;
}

/** Where an endpoint stands; absent: published. */
export function LifecycleBadge({ of }: { of: Words<'lifecycle'> | undefined }) {
  const word = of ?? 'published';
  return <ToneBadge tone={LIFECYCLE[word]}>{s.common.lifecycle[word]}</ToneBadge>;
}

/** Where a subscription stands; absent: active. */
export function StateBadge({ of }: { of: Words<'state'> | undefined }) {
  const word = of ?? 'active';
  return <ToneBadge tone={STATE[word]}>{s.common.state[word]}</ToneBadge>;
}

export function ClassificationBadge({ of }: { of: Words<'classification'> | null | undefined }) {
  if (!of) return null;
  return <ToneBadge tone={CLASSIFICATION[of]}>{s.common.classification[of]}</ToneBadge>;
}
