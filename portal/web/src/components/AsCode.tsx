// The same as what a page does, as text: YAML, curl and the command line.
import { Button, Modal, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCode } from '@tabler/icons-react';
import { s } from '~/strings';
import { CodeBlock } from './CodeBlock';

export interface Code {
  yaml?: string;
  curl?: string;
  cli?: string;
}

const TITLES: Record<keyof Code, string> = { yaml: s.common.asYaml, curl: s.common.asCurl, cli: s.common.asCli };

export function AsCode({ code }: { code: Code }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<IconCode size={16} aria-hidden />} onClick={open}>
        {s.common.as}
      </Button>
      <Modal opened={opened} onClose={close} title={s.common.as} size="lg" closeButtonProps={{ 'aria-label': s.common.close }}>
        <CodeTabs code={code} />
      </Modal>
    </>
  );
}

/** The same within a dialog, which stays as it is. */
export function AsCodeHere({ code }: { code: Code }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <div>
      <Button variant="subtle" size="compact-sm" leftSection={<IconCode size={16} aria-hidden />} onClick={toggle} aria-expanded={opened}>
        {s.common.as}
      </Button>
      {opened ? <CodeTabs code={code} /> : null}
    </div>
  );
}

function CodeTabs({ code }: { code: Code }) {
  const kinds = (Object.keys(TITLES) as (keyof Code)[]).filter((kind) => code[kind]);
  return (
    <Tabs defaultValue={kinds[0] ?? null}>
      <Tabs.List>
        {kinds.map((kind) => <Tabs.Tab key={kind} value={kind}>{TITLES[kind]}</Tabs.Tab>)}
      </Tabs.List>
      {kinds.map((kind) => (
        <Tabs.Panel key={kind} value={kind} pt="sm">
          <CodeBlock text={code[kind] ?? ''} label={TITLES[kind]} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

/** A request as curl sends it; the token comes from the environment. */
export function curl(method: string, path: string, body?: string, type = 'application/yaml'): string {
  const lines = [`curl -X ${method} "$SLUICEGATE_URL/api/v1${path}"`, `-H "Authorization: Bearer $SLUICEGATE_TOKEN"`];
  if (body) lines.push(`-H 'Content-Type: ${type}'`, `--data-binary @- <<'END'\n${body.trimEnd()}\nEND`);
  return lines.join(' \\\n  ');
}
