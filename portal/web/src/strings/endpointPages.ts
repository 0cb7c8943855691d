export const policies = {
  lead: 'What happens to each event before a subscriber gets it: the policies of a plan, in their order.',
  leadPublic: 'What happens to each event before a subscriber gets it. How exactly something is masked or hashed is known to its owner.',
  planOf: (name: string) => `Plan ${name}`,
  policyOf: (name: string) => `Policy ${name}`,
  version: (version: number) => `version ${String(version)}`,
  inSchema: 'See it in the schema',
  nothing: 'Subscribers get the events as they are.',
  noPlans: {
    title: 'No plan is offered yet',
    text: 'Policies belong to plans: they say what each subscriber sees.',
  },
};

export const docs = {
  none: {
    title: 'There is no guide yet',
    text: 'The owner has not written one. Its schema, its examples and the live events tell much already.',
  },
};

export const versions = {
  lead: 'A new major version is an endpoint of its own, beside the old one.',
  columns: { endpoint: 'Endpoint', address: 'Address', version: 'Version', lifecycle: 'Lifecycle', relation: 'To this one' },
  this: 'this one',
  successor: 'comes after it',
  predecessor: 'came before it',
  other: 'another version',
  sunset: (day: string) => `until ${day}`,
  alone: 'There is no other version.',
  changes: (from: string, to: string) => `From ${from} to ${to}`,
  added: 'Added',
  removed: 'Removed',
  changed: 'Changed',
  becomes: (path: string, before: string, after: string) => `${path}: ${before} became ${after}`,
  nowRequired: (path: string) => `${path} is always there now`,
  nowOptional: (path: string) => `${path} may be missing now`,
  same: 'The fields are the same.',
  unknown: 'One of them has no JSON Schema, so their fields cannot be compared.',
};
