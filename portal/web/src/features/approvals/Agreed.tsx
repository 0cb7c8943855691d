// Whether whoever asked agreed to a plan's terms as they are now.
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { digestOf } from '~/digest';
import { approvals } from '~/strings/approvals';

const words = approvals.agreed;

export function Agreed({ terms, agreed }: { terms: string; agreed?: string | null }) {
  const now = useQuery({ queryKey: ['digest', terms], queryFn: () => digestOf(terms), staleTime: Infinity });
  if (!agreed) return <Text size="sm" c="dimmed" mt={4}>{words.none}</Text>;
  if (!now.data) return null;
  return <Text size="sm" c="dimmed" mt={4}>{now.data === agreed ? words.same : words.changed}</Text>;
}
