// A snippet as one text for a terminal: makes its files, installs what they need, and runs them.
import type { components } from '~/api/openapi.gen';

export type Snippet = components['schemas']['SnippetBody'];
export type Connect = components['schemas']['ConnectBody'];

/** In single quotes of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A word that no line of the text is. */
function endOf(text: string): string {
  let end = 'END';
  while (text.split('\n').includes(end)) end += '_';
  return end;
}

/** Any POSIX shell; what is typed is neither shown nor in a history of commands. */
const ASK = "printf 'Secret: '; stty -echo; read -r SLUICEGATE_SECRET; stty echo; echo";

export function script(snippet: Snippet, directory: string, secret?: string): string {
  // In braces a shell reads all of it before it begins: what asks for the secret does not get the
  // next line of what was pasted.
  const lines = [
    '{',
    `mkdir -p ${directory} && cd ${directory}`,
    secret ? `SLUICEGATE_SECRET=${quoted(secret)}` : ASK,
    'export SLUICEGATE_SECRET',
  ];
  const folders = new Set(snippet.files.map((file) => file.name.split('/').slice(0, -1).join('/')).filter(Boolean));
  if (folders.size > 0) lines.push(`mkdir -p ${[...folders].join(' ')}`);
  for (const { name, text } of snippet.files) {
    const end = endOf(text);
    lines.push(`cat > ${name} <<'${end}'`, text.replace(/\n$/, ''), end);
  }
  if (snippet.install) lines.push(snippet.install);
  lines.push(snippet.run, '}');
  return `${lines.join('\n')}\n`;
}

/** The settings of any program that takes its secret from the environment. */
export function dotEnv(connect: Connect, secret: string): string {
  const values: [string, string | undefined | null][] = [
    ['SLUICEGATE_CREDENTIAL', connect.credential],
    ['SLUICEGATE_SECRET', secret],
    ['SLUICEGATE_ADDRESS', connect.address],
    ['SLUICEGATE_EVENTS_URL', connect.eventsUrl],
    ['KAFKA_BOOTSTRAP_SERVERS', connect.kafka?.bootstrapServers],
    ['KAFKA_SECURITY_PROTOCOL', connect.kafka?.securityProtocol],
    ['KAFKA_SASL_MECHANISM', connect.kafka?.mechanisms[0]],
    ['KAFKA_GROUP_ID', connect.kafka?.group],
  ];
  return values.flatMap(([name, value]) => (value ? [`${name}=${value}`] : [])).join('\n') + '\n';
}

/** The settings of Kafka's own clients; `undefined` where Kafka is no way in. */
export function clientProperties({ kafka, credential }: Connect, secret: string): string | undefined {
  const mechanism = kafka?.mechanisms[0];
  if (!kafka || !mechanism) return undefined;
  const login = mechanism.startsWith('SCRAM') ? 'scram.ScramLoginModule' : 'plain.PlainLoginModule';
  return [
    `bootstrap.servers=${kafka.bootstrapServers}`,
    `security.protocol=${kafka.securityProtocol}`,
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=org.apache.kafka.common.security.${login} required username="${credential}" password="${secret}";`,
    `group.id=${kafka.group}`,
    'auto.offset.reset=earliest',
    '',
  ].join('\n');
}
