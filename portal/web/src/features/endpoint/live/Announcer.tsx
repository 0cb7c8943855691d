// Says aloud what changes, sparingly: each change of state, and now and then how much came.
import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { live as words } from '~/strings/live';
import type { View } from './tail';

const EVERY_MS = 30_000;

export function Announcer({ view, ended }: { view: View; ended: boolean }) {
  const at = ended ? 'refused' : view.state.at === 'open' && view.held ? 'held' : view.state.at;
  const latest = useRef(view);
  const [count, setCount] = useState(0);
  useEffect(() => {
    latest.current = view;
  }, [view]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!latest.current.held) setCount(latest.current.received);
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <VisuallyHidden role="status">
      {words.state[at]}. {count > 0 ? words.announce.count(count) : ''}
    </VisuallyHidden>
  );
}
