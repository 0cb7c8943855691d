// Which endpoints are versions of the same: `orders`, `orders.v2` …, and those named as successors.
import type { Resource } from '~/api/resources';

type Endpoint = Resource<'Endpoint'>;
export type Relation = 'this' | 'successor' | 'predecessor' | 'other';

export function addressOf({ spec }: Endpoint): string {
  return spec.address ?? spec.topic;
}

/** An address without its major version. */
export function baseOf(address: string): string {
  return address.replace(/\.v\d+$/, '');
}

/** The versions of an endpoint among others, itself too, the newest first. */
export function versionsOf(self: Endpoint, others: Endpoint[]): { endpoint: Endpoint; relation: Relation }[] {
  const base = baseOf(addressOf(self));
  const all = new Map([self, ...others].map((one) => [one.metadata.name, one]));
  const relation = (one: Endpoint): Relation | undefined => {
    if (one.metadata.name === self.metadata.name) return 'this';
    if (one.metadata.name === self.spec.successor) return 'successor';
    if (one.spec.successor === self.metadata.name) return 'predecessor';
    return baseOf(addressOf(one)) === base ? 'other' : undefined;
  };
  return [...all.values()]
    .flatMap((endpoint) => {
      const is = relation(endpoint);
      return is ? [{ endpoint, relation: is }] : [];
    })
    .sort((one, other) => byVersion(other.endpoint) - byVersion(one.endpoint) || order(one.relation) - order(other.relation));
}

const order = (relation: Relation) => ['successor', 'this', 'other', 'predecessor'].indexOf(relation);

function byVersion({ spec }: Endpoint): number {
  const [major = '1', minor = '0'] = (spec.version ?? '1.0.0').split('.');
  return Number(major) * 1e6 + Number(minor);
}
