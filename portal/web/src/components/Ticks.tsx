// A sentence of the gateway's in which names stand between backticks.
import { Code } from '@mantine/core';

export function Ticks({ text }: { text: string }) {
  return text.split('`').map((part, at) => (at % 2 ? <Code key={at}>{part}</Code> : part));
}
