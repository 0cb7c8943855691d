import { useState } from 'react';

/** A dialog about something. What it is about stays while it closes, so that it does not flicker. */
export function useDialog<About>() {
  const [about, setAbout] = useState<About>();
  const [opened, setOpened] = useState(false);
  const open = (what: About) => {
    setAbout(() => what);
    setOpened(true);
  };
  return { about, opened, open, close: () => setOpened(false) };
}
