// A move of an endpoint, as text.
import type { EndpointMove, EndpointMoveDetails } from '~/api/moves';
import { curl, type Code } from '~/components/AsCode';

export function moveAsCode(name: string, move: EndpointMove, { sunset, successor }: EndpointMoveDetails = {}): Code {
  const flags = [sunset ? ` --sunset ${sunset}` : '', successor ? ` --successor ${successor}` : ''].join('');
  const said = { ...(sunset ? { sunset } : {}), ...(successor ? { successor } : {}) };
  const body = Object.keys(said).length > 0 ? JSON.stringify(said) : undefined;
  return { cli: `sluicegate ${move} ${name}${flags}`, curl: curl('POST', `/endpoints/${name}/${move}`, body, 'application/json') };
}
