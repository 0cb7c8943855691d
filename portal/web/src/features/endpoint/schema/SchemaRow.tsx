import { Highlight, Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { ToneBadge } from '~/components/Badges';
import { endpoint as words } from '~/strings/endpoint';
import type { Effect } from './compare';
import type { Row } from './rows';
import classes from './SchemaTree.module.css';

const say = words.schema;
/** What is found, readable in both schemes. */
const MARKED = { background: 'light-dark(#ffe99a, #6b5300)', color: 'inherit' };

interface Props {
  row: Row;
  effect?: Effect;
  wanted: string;
  focusable: boolean;
  onChoose: () => void;
}

export function SchemaRow({ row, effect, wanted, focusable, onChoose }: Props) {
  const { node, level, open } = row;
  const branch = node.children.length > 0;
  const gone = effect?.kind === 'removed';
  const type = effect?.kind === 'changed' && effect.type !== node.type ? say.becomes(effect.type) : undefined;
  return (
    <div
      role="treeitem"
      aria-level={level}
      aria-posinset={row.place}
      aria-setsize={row.siblings}
      aria-expanded={branch ? open : undefined}
      aria-selected={false}
      tabIndex={focusable ? 0 : -1}
      data-id={node.id}
      data-branch={branch || undefined}
      className={classes.row}
      onClick={onChoose}
    >
      <div className={classes.field} style={{ paddingInlineStart: (level - 1) * 20 }}>
        <IconChevronRight size={14} className={classes.chevron} data-open={open || undefined} data-leaf={!branch || undefined} aria-hidden />
        <div className={classes.names}>
          {node.role === 'variant' ? <Text span size="xs" c="dimmed">{say.variant}</Text> : null}
          <Highlight component="span" highlight={wanted} highlightStyles={MARKED} className={classes.name} data-gone={gone || undefined}>
            {node.role === 'root' ? node.type : node.name}
          </Highlight>
          {node.role === 'root' ? null : (
            <Text span size="xs" c="dimmed" ff="monospace" td={type ? 'line-through' : undefined}>{node.type}</Text>
          )}
          {type ? <Text span size="xs" c="dimmed">{type}</Text> : null}
          {node.required && node.role === 'member' && !gone ? <Text span size="xs" className={classes.required}>{effect?.kind === 'optional' ? say.optionalNow : say.required}</Text> : null}
          <EffectBadge effect={effect} />
          {node.deprecated ? <ToneBadge tone="warn">{say.deprecated}</ToneBadge> : null}
        </div>
      </div>
      <div className={classes.told}>
        {node.description ? <Highlight component="span" size="sm" highlight={wanted} highlightStyles={MARKED}>{node.description}</Highlight> : null}
        {node.facts.length > 0 ? <Text size="xs" c="dimmed" className={classes.facts}>{node.facts.join(' · ')}</Text> : null}
        {node.repeats ? <Text size="xs" c="dimmed">{say.repeats(node.repeats)}</Text> : null}
      </div>
    </div>
  );
}

function EffectBadge({ effect }: { effect?: Effect }) {
  if (!effect || effect.kind === 'optional') return null;
  if (effect.kind === 'removed') return <ToneBadge tone="bad">{say.removed}</ToneBadge>;
  return <ToneBadge tone="info">{say.actions[effect.action] ?? effect.action}</ToneBadge>;
}
