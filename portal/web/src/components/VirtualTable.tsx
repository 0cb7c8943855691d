// A table of any length: only the rows in sight are in the page. Scrolls with the window.
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import classes from './VirtualTable.module.css';

export interface Column<Row> {
  title: ReactNode;
  /** As of a CSS grid. */
  width: string;
  cell: (row: Row) => ReactNode;
  /** How the rows are sorted by it; absent: they cannot be. */
  sort?: 'ascending' | 'descending' | 'none';
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Called when the last rows are in sight. */
  onEnd?: () => void;
  /** In pixels; where there is less room, the table scrolls. */
  minWidth?: number;
}

const ROW_HEIGHT = 44;
const AHEAD = 12;

export function VirtualTable<Row>({ label, columns, rows, rowKey, onEnd, minWidth }: Props<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    setTop(body.current?.offsetTop ?? 0);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: AHEAD,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - 1 && rows.length > 0) onEnd?.();
  }, [last, rows.length, onEnd]);
  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(' '), minWidth };
  return (
    <div role="table" aria-label={label} aria-rowcount={rows.length + 1} className={classes.table} tabIndex={0}>
      <div role="rowgroup" className={classes.head}>
        <div role="row" aria-rowindex={1} className={classes.row} style={grid}>
          {columns.map((column, at) => <div key={at} role="columnheader" aria-sort={column.sort} className={classes.cell}>{column.title}</div>)}
        </div>
      </div>
      <div role="rowgroup" ref={body} style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const place = { ...grid, transform: `translateY(${String(item.start - top)}px)` };
          return (
            <div key={rowKey(row)} role="row" aria-rowindex={item.index + 2} data-index={item.index} ref={virtual.measureElement} className={`${classes.row} ${classes.placed}`} style={place}>
              {columns.map((column, at) => <div key={at} role="cell" className={classes.cell}>{column.cell(row)}</div>)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
