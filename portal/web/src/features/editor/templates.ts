// What a new document begins with: enough to see what belongs into it.
import type { Kind } from '~/api/resources';

const HEAD = (kind: Kind, name: string) => `apiVersion: sluicegate/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n`;

const SPECS: Partial<Record<Kind, string>> = {
  Endpoint: `  cluster: # a cluster of the catalog
  topic: # the topic's name on it
  lifecycle: draft
  format: json
  title: A name for people
  description: What one event means, and when it comes.
  owner: # your team
`,
  Policy: `  description: Who gets to see what, in one sentence.
  rules:
    - mask: {path: $.email, keepFirst: 2}
`,
  Cluster: `  bootstrapServers: ["kafka-1.internal:9092"]
  # security:
  #   sasl:
  #     mechanism: SCRAM-SHA-512
  #     username: sluicegate
  #     passwordFrom: {env: KAFKA_PASSWORD}
`,
  Domain: '  title: A name for people\n  description: What it is about.\n',
  Team: '  title: A name for people\n  email: team@example.com\n',
  User: '  title: A name for people\n  roles: [developer]\n  teams: []\n',
  Key: '  version: 1\n  secretFrom: {generate: true}\n',
  Application: '  owner: # your team\n  description: What it does with the events.\n',
};

function plan(endpoint: string | undefined): string {
  return `  endpoint: ${endpoint ?? '# the endpoint that it offers'}
  policies: []
  limits: {eventsPerSecond: 100, connections: 5}
  approval: owner
  preview: false # true: all may look at live events
`;
}

export function template(kind: Kind, { endpoint }: { endpoint?: string }): string {
  const spec = kind === 'Plan' ? plan(endpoint) : (SPECS[kind] ?? '  {}\n');
  const name = kind === 'Plan' && endpoint ? `${endpoint}-standard` : `my-${kind.toLowerCase()}`;
  return HEAD(kind, name) + spec;
}
