// The events as a list of any length: only the rows in sight are in the page.
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { live as words } from '~/strings/live';
import type { LiveEvent } from './event';
import classes from './Live.module.css';

const ROW_HEIGHT = 30;
/** Where a row has two lines. */
const NARROW_ROW_HEIGHT = 52;
const AHEAD = 8;
const PAGE = 10;

interface Props {
  events: LiveEvent[];
  held: boolean;
  chosen?: LiveEvent;
  /** Somebody reads further down, or is back at the top. */
  onHold: (still: boolean) => void;
  /** `undefined`: none any more. */
  onInspect: (event: LiveEvent | undefined) => void;
}

export function EventList({ events, held, chosen, onHold, onInspect }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery('(max-width: 48em)');
  const height = narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoised
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => list.current,
    estimateSize: () => height,
    overscan: AHEAD,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, height]);
  // Going on with the newest begins at the top again.
  useEffect(() => {
    if (!held && list.current) list.current.scrollTop = 0;
  }, [held]);
  const at = chosen ? events.findIndex((event) => event.number === chosen.number) : -1;
  const go = (to: number) => {
    const next = Math.min(Math.max(to, 0), events.length - 1);
    const event = events[next];
    if (!event) return;
    onHold(true);
    onInspect(event);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onInspect(undefined);
    const to: Partial<Record<string, number>> = {
      ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: events.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  };
  const shown = events[at];
  return (
    <div className={classes.frame}>
      <div className={classes.head} aria-hidden>
        <span>{words.columns.time}</span>
        <span>{words.columns.place}</span>
        <span>{words.columns.key}</span>
        <span>{words.columns.value}</span>
      </div>
      <div
        ref={list}
        role="listbox"
        aria-label={words.list}
        aria-activedescendant={shown ? `event-${shown.number}` : undefined}
        tabIndex={0}
        className={classes.list}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          const down = event.currentTarget.scrollTop > height;
          if (down || !chosen) onHold(down);
        }}
      >
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const event = events[item.index];
            if (!event) return null;
            return (
              <Row key={event.number} event={event} chosen={item.index === at} top={item.start} height={height}
                place={item.index + 1} of={events.length} onChoose={() => { onHold(true); onInspect(event); }} />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  event: LiveEvent;
  chosen: boolean;
  top: number;
  height: number;
  place: number;
  of: number;
  onChoose: () => void;
}

/** Chosen with the button going down: when it comes up, another event may be in its place. */
function Row({ event, chosen, top, height, place, of, onChoose }: RowProps) {
  const { timestamp, key, value } = event.envelope;
  return (
    <div id={`event-${event.number}`} role="option" aria-selected={chosen} aria-posinset={place} aria-setsize={of} className={classes.row}
      style={{ height, transform: `translateY(${top}px)` }} onMouseDown={onChoose}>
      <span>{timestamp ? clock(timestamp) : words.noTime}</span>
      <span className={classes.dim}>{event.partition}:{event.offset}</span>
      <span className={key === null ? classes.dim : undefined}>{key ?? words.noKey}</span>
      <span className={value === null ? classes.dim : undefined}>{value === null ? words.tombstone : event.line}</span>
    </div>
  );
}

/** The time of day, in this place, to the millisecond. */
function clock(iso: string): string {
  const time = new Date(iso);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
