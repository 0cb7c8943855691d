// A schema as a tree: moved through with the arrow keys, opened and closed, its changes told.
import { Text } from '@mantine/core';
import { useRef, useState, type KeyboardEvent } from 'react';
import { endpoint as words } from '~/strings/endpoint';
import type { Effect } from './compare';
import type { Row } from './rows';
import { SchemaRow } from './SchemaRow';
import classes from './SchemaTree.module.css';

interface Props {
  rows: Row[];
  effects: Map<string, Effect>;
  /** What is looked for, to be marked. */
  wanted: string;
  onToggle: (ids: string[], open: boolean) => void;
}

export function SchemaTree({ rows, effects, wanted, onToggle }: Props) {
  const tree = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<string>();
  const at = Math.max(rows.findIndex((row) => row.node.id === chosen), 0);
  const go = (to: number) => {
    const row = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (!row) return;
    setChosen(row.node.id);
    tree.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(row.node.id)}"]`)?.focus();
  };
  // As the pattern of trees has it (WAI-ARIA Authoring Practices).
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const branch = row.node.children.length > 0;
    const keys: Partial<Record<string, () => void>> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (branch && !row.open ? onToggle([row.node.id], true) : branch ? go(at + 1) : undefined),
      ArrowLeft: () => (branch && row.open ? onToggle([row.node.id], false) : row.parent ? go(rows.findIndex((one) => one.node.id === row.parent)) : undefined),
      Enter: () => branch && onToggle([row.node.id], !row.open),
      ' ': () => branch && onToggle([row.node.id], !row.open),
      '*': () => onToggle(rows.filter((one) => one.parent === row.parent).map((one) => one.node.id), true),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  if (rows.length === 0) return <Text c="dimmed" py="md">{words.schema.nothing(wanted)}</Text>;
  return (
    <div role="tree" aria-label={words.schema.tree} className={classes.tree} ref={tree} onKeyDown={onKeyDown}>
      {rows.map((row, index) => (
        <SchemaRow
          key={row.node.id}
          row={row}
          effect={effects.get(row.node.id)}
          wanted={wanted}
          focusable={index === at}
          onChoose={() => {
            setChosen(row.node.id);
            if (row.node.children.length > 0) onToggle([row.node.id], !row.open);
          }}
        />
      ))}
    </div>
  );
}
