// What can be done about a subscription.
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { SubscriptionMove } from '~/api/moves';
import { subscribers as words } from '~/strings/subscribers';
import { stateOf, type OfSubscription } from './moves';

interface Props {
  subscription: OfSubscription;
  moves: SubscriptionMove[];
  onMove: (move: SubscriptionMove) => void;
}

export function MoveMenu({ subscription, moves, onMove }: Props) {
  const { application, endpoint } = subscription.spec;
  if (moves.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={words.actionsFor(application, endpoint)}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {moves.map((move) => (
          <Menu.Item key={move} onClick={() => onMove(move)}>
            {move === 'revoke' && stateOf(subscription) === 'pending' ? words.moves.withdraw : words.moves[move]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
