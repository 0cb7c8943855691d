// A moment as people say it; the exact one on hovering, and for machines.
import { Text } from '@mantine/core';
import { moment, relative } from '~/format';

export function When({ at }: { at: string }) {
  return <Text span inherit component="time" dateTime={at} title={moment(at)}>{relative(at)}</Text>;
}
