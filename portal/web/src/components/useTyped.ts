// What is typed into a field: shown at once, and said when typing pauses.
import { useDebouncedCallback } from '@mantine/hooks';
import { useRef, useState } from 'react';

const PAUSE_MS = 200;

export interface Typed {
  typed: string;
  /** Takes what is typed. */
  type: (text: string) => void;
  /** Shows another text, which is not said. */
  show: (text: string) => void;
}

/** `say` usually writes the text into the address of the page. */
export function useTyped(begin: string, say: (text: string) => void): Typed {
  const [typed, show] = useState(begin);
  const page = useRef('');
  const later = useDebouncedCallback((text: string) => {
    // Whoever is on the way to another page is not called back by what they typed.
    if (window.location.pathname === page.current) say(text);
  }, PAUSE_MS);
  const type = (text: string) => {
    page.current = window.location.pathname;
    show(text);
    later(text);
  };
  return { typed, type, show };
}
