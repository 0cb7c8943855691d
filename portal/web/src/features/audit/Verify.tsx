// How one finds out whether anybody tampered with the audit: not by asking the server's own page.
import { Button, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconShieldCheck } from '@tabler/icons-react';
import { CodeBlock } from '~/components/CodeBlock';
import { s } from '~/strings';

const words = s.audit.verify;
const ONLINE = 'sluicegate audit verify';
const OFFLINE = 'sluicegate audit export > audit.ndjson\nsluicegate audit verify --file audit.ndjson --key "$KEY"';
const KEPT = "sluicegate audit export | grep '^{\"checkpoint\"' > checkpoints.ndjson\nsluicegate audit verify --checkpoints checkpoints.ndjson";

export function Verify() {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={open}>{words.open}</Button>
      <Modal opened={opened} onClose={close} size="lg" title={words.title} closeButtonProps={{ 'aria-label': s.common.close }}>
        <Stack gap="sm">
          <Text>{words.why}</Text>
          <CodeBlock text={ONLINE} label={words.online} />
          <Text>{words.offline}</Text>
          <CodeBlock text={OFFLINE} label={words.offline} />
          <Text>{words.kept}</Text>
          <CodeBlock text={KEPT} label={words.kept} />
        </Stack>
      </Modal>
    </>
  );
}
