// The states of things, each always in the same colour and never by colour alone.
import { Badge } from '@mantine/core';
import { s } from '~/strings';

type Words<K extends 'lifecycle' | 'state' | 'classification'> = keyof (typeof s.common)[K];

const LIFECYCLE: Record<Words<'lifecycle'>, string> = {
  draft: 'gray', published: 'teal', deprecated: 'orange', retired: 'gray',
};
const STATE: Record<Words<'state'>, string> = {
  pending: 'yellow', active: 'teal', suspended: 'orange', revoked: 'red', rejected: 'red', expired: 'gray',
};
const CLASSIFICATION: Record<Words<'classification'>, string> = {
  public: 'gray', internal: 'blue', confidential: 'orange', restricted: 'red',
};

export function LifecycleBadge({ of }: { of: Words<'lifecycle'> | undefined }) {
  const word = of ?? 'published';
  return <Badge variant="light" autoContrast color={LIFECYCLE[word]}>{s.common.lifecycle[word]}</Badge>;
}

export function StateBadge({ of }: { of: Words<'state'> | undefined }) {
  const word = of ?? 'active';
  return <Badge variant="light" autoContrast color={STATE[word]}>{s.common.state[word]}</Badge>;
}

export function ClassificationBadge({ of }: { of: Words<'classification'> | null | undefined }) {
  if (!of) return null;
  return <Badge variant="outline" color={CLASSIFICATION[of]}>{s.common.classification[of]}</Badge>;
}
