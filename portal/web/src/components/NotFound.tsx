import { Anchor, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { s } from '~/strings';

export function NotFound() {
  return (
    <Stack gap="xs" py="xl" align="flex-start">
      <Title order={1}>404</Title>
      <Text>{s.common.notFound}</Text>
      <Anchor component={Link} to="/endpoints">
        {s.common.toCatalogue}
      </Anchor>
    </Stack>
  );
}
