// Until when a deprecated endpoint is served, and what to use instead.
import { Text, type TextProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { resourceQuery } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { AnchorLink } from '~/components/Links';
import { longDay } from '~/format';
import { endpoint as words } from '~/strings/endpoint';

/** Nothing for what is there to stay. */
export function GoesAway({ spec, ...props }: { spec: Endpoint } & TextProps) {
  // The next one may not be there for them.
  const successor = useQuery({ ...resourceQuery('Endpoint', spec.successor ?? ''), enabled: Boolean(spec.successor), retry: false });
  const say = words.deprecated;
  if (spec.lifecycle !== 'deprecated' && spec.lifecycle !== 'retired') return null;
  return (
    <Text size="sm" {...props}>
      {spec.lifecycle === 'retired' ? null : spec.sunset ? say.sunset(longDay(spec.sunset)) : say.noSunset}{' '}
      {spec.successor ? (
        <>
          {say.successor}
          <AnchorLink to="/endpoints/$name" params={{ name: spec.successor }} inherit fw={600} underline="always" c="inherit">
            {successor.data?.spec.title ?? spec.successor}
          </AnchorLink>
        </>
      ) : null}
    </Text>
  );
}
