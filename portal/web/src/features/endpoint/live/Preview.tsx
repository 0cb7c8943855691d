// What subscribers of a plan get, for those who have not subscribed.
import { Alert, Stack } from '@mantine/core';
import { IconEye } from '@tabler/icons-react';
import { live as words } from '~/strings/live';
import { Live } from './Live';

export function Preview({ plan }: { plan: string }) {
  return (
    <Stack gap="md">
      <Alert variant="default" icon={<IconEye aria-hidden />} title={words.preview.title(plan)}>{words.preview.text}</Alert>
      <Live key={plan} source={{ plan }} all={[]} />
    </Stack>
  );
}
