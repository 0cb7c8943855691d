// What scrolls can be scrolled with the keyboard.
import type { ScrollAreaProps } from '@mantine/core';

export function focusable(label: string): Partial<ScrollAreaProps> {
  return { viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } };
}
