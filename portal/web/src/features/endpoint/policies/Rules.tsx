import { List, Text } from '@mantine/core';
import { IconAsterisk, IconCut, IconEraser, IconFilter, IconHash, IconReplace, IconShieldHalf, type Icon } from '@tabler/icons-react';

const ICONS: Partial<Record<string, Icon>> = {
  remove: IconEraser, mask: IconAsterisk, hash: IconHash, truncate: IconCut, replace: IconReplace, keepWhen: IconFilter,
};

/** Rules in their order, a sentence each. */
export function Rules({ rules }: { rules: { action: string; words: string }[] }) {
  return (
    <List type="ordered" withPadding={false} spacing={6} center styles={{ itemWrapper: { alignItems: 'flex-start' } }}>
      {rules.map(({ action, words }, at) => {
        const Sign = ICONS[action] ?? IconShieldHalf;
        return <List.Item key={at} icon={<Sign size={16} stroke={1.7} aria-hidden />}><Text size="sm">{words}</Text></List.Item>;
      })}
    </List>
  );
}
