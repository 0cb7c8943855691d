// A client of one's choice, ready to run: all at once for a terminal, or file by file.
import { Chip, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { CodeBlock } from '~/components/CodeBlock';
import { connect as words } from '~/strings/connect';
import { script, type Connect } from './script';

interface Props {
  connect: Connect;
  client?: string;
  onClient: (client: string) => void;
  /** Only right after it was made; else it is asked for when the program starts. */
  secret?: string;
}

type Layout = 'paste' | 'files';

export function Snippets({ connect, client, onClient, secret }: Props) {
  const [layout, setLayout] = useState<Layout>('paste');
  const snippet = connect.snippets.find((one) => one.client === client) ?? connect.snippets[0];
  if (!snippet) return null;
  return (
    <Stack gap="sm">
      <Chip.Group value={snippet.client} onChange={onClient}>
        <Group gap={6} role="radiogroup" aria-label={words.client}>
          {connect.snippets.map((one) => <Chip key={one.client} value={one.client} size="sm">{words.clients[one.client] ?? one.client}</Chip>)}
        </Group>
      </Chip.Group>
      <Group justify="space-between">
        <Text size="sm" fw={600}>{snippet.title}</Text>
        <SegmentedControl size="xs" aria-label={words.layout} value={layout} onChange={setLayout}
          data={[{ value: 'paste', label: words.paste }, { value: 'files', label: words.files }]} />
      </Group>
      {layout === 'paste' ? (
        <>
          <Text size="sm" c="dimmed">{secret ? words.pasteHint : words.pasteAsks(connect.credential)}</Text>
          <CodeBlock text={script(snippet, connect.subscription, secret)} label={words.pasteLabel(snippet.title)} height={360} />
        </>
      ) : (
        <>
          {snippet.install ? <Part title={words.install} text={snippet.install} /> : null}
          {snippet.files.map((file) => <Part key={file.name} title={file.name} text={file.text} mono />)}
          <Part title={words.run} text={secret ? `export SLUICEGATE_SECRET='${secret}'\n${snippet.run}` : `export SLUICEGATE_SECRET=…\n${snippet.run}`} />
        </>
      )}
      {connect.unavailable.length > 0 ? (
        <Text size="sm" c="dimmed">
          {words.unavailable} {connect.unavailable.map((one) => `${words.clients[one.client] ?? one.client}: ${one.reason}`).join(' ')}
        </Text>
      ) : null}
    </Stack>
  );
}

function Part({ title, text, mono = false }: { title: string; text: string; mono?: boolean }) {
  return (
    <div>
      <Text size="sm" mb={4} ff={mono ? 'monospace' : undefined}>{title}</Text>
      <CodeBlock text={text} label={title} height={320} />
    </div>
  );
}
