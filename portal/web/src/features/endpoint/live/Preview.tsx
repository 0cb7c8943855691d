// What subscribers of a plan get, for those who have not subscribed.
import { Alert, Group, Stack, Text } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { ButtonLink } from '~/components/Links';
import { live as words } from '~/strings/live';
import { Live } from './Live';

export function Preview({ endpoint, plan }: { endpoint: string; plan: string }) {
  return (
    <Stack gap="md">
      <Alert variant="default" icon={<IconEye aria-hidden />} title={words.preview.title(plan)}>
        <Group justify="space-between" align="flex-end" gap="sm">
          <Text size="sm" maw={640}>{words.preview.text}</Text>
          <ButtonLink to="/endpoints/$name/subscribe" params={{ name: endpoint }} size="compact-md">{words.preview.subscribe}</ButtonLink>
        </Group>
      </Alert>
      <Live key={plan} source={{ plan }} all={[]} />
    </Stack>
  );
}
