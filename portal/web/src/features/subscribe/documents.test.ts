import { describe, expect, it } from 'vitest';
import { clientProperties, dotEnv, quoted, script } from '~/features/endpoint/connect/script';
import { asName, credentialName, documents, isKey, subscriptionName } from './documents';

const LONG = 'a'.repeat(63);

describe('names', () => {
  it('are the first free ones', () => {
    expect(subscriptionName('app', 'orders', [])).toBe('app-orders');
    expect(subscriptionName('app', 'orders', ['app-orders', 'app-orders-2'])).toBe('app-orders-3');
    expect(credentialName('app', ['app-1', 'app-3'])).toBe('app-2');
  });

  it('stay within what the catalog takes', () => {
    expect(subscriptionName(LONG, 'orders', [])).toHaveLength(63);
    expect(subscriptionName(LONG, 'orders', [LONG])).toBe(`${'a'.repeat(61)}-2`);
    expect(credentialName(LONG, [])).toBe(`${'a'.repeat(61)}-1`);
    expect(asName(' Dana Nováks App!')).toBe('dana-nov-ks-app');
  });
});

describe('documents', () => {
  const choice = { endpoint: 'orders', plan: 'p', application: 'app', justification: '' };

  it('are only what is needed', () => {
    expect(documents(choice, 'app-orders').map((one) => one.kind)).toEqual(['Subscription']);
    expect(documents({ ...choice, team: 'data', justification: 'why' }, 'app-orders', 'app-1')).toEqual([
      { apiVersion: 'sluicegate/v1', kind: 'Application', metadata: { name: 'app' }, spec: { owner: 'data' } },
      { apiVersion: 'sluicegate/v1', kind: 'Subscription', metadata: { name: 'app-orders' }, spec: { application: 'app', endpoint: 'orders', plan: 'p', justification: 'why' } },
      { apiVersion: 'sluicegate/v1', kind: 'Credential', metadata: { name: 'app-1' }, spec: { application: 'app' } },
    ]);
  });

  it('know a key that works', () => {
    expect(isKey({ application: 'app' })).toBe(true);
    expect(isKey({ application: 'app', revoked: true })).toBe(false);
    expect(isKey({ application: 'app', expiresAt: '2020-01-01T00:00:00Z' })).toBe(false);
    expect(isKey({ application: 'app', certificate: { dns: 'x' } })).toBe(false);
  });
});

describe('script', () => {
  const connect = {
    subscription: 's', application: 'a', address: 'orders', mode: 'consume', credential: 'a-1', doors: [], snippets: [], unavailable: [],
    kafka: { bootstrapServers: 'h:1', securityProtocol: 'SASL_SSL', mechanisms: ['SCRAM-SHA-256'], group: 's' }, eventsUrl: 'https://h/v1',
  };

  it('makes the files as they are and runs them', () => {
    const snippet = { client: 'x', title: 'X', install: 'install it', run: 'run it', files: [{ name: 'src/a.txt', text: 'one\nEND\n$HOME `x`\n' }] };
    expect(script(snippet, 'dir', "se'cret")).toBe(
      "{\nmkdir -p dir && cd dir\nSLUICEGATE_SECRET='se'\\''cret'\nexport SLUICEGATE_SECRET\nmkdir -p src\ncat > src/a.txt <<'END_'\none\nEND\n$HOME `x`\nEND_\ninstall it\nrun it\n}\n",
    );
    expect(quoted("a'b")).toBe("'a'\\''b'");
  });

  it('writes settings with nothing left to fill in', () => {
    expect(dotEnv(connect, 'slg_x')).toContain('SLUICEGATE_SECRET=slg_x\n');
    expect(clientProperties(connect, 'slg_x')).toContain('ScramLoginModule required username="a-1" password="slg_x";');
    expect(clientProperties({ ...connect, kafka: null }, 'slg_x')).toBeUndefined();
  });
});
