import { NAME_SERVERS } from './addresses.ts';
import { command } from './command.ts';
import type { Lab } from './lab.ts';
import { inside } from './namespaces.ts';
import { startUnbound } from './unbound.ts';
import { until } from './until.ts';
import { AUTOPATH_SUFFIX } from './zones.ts';

/** A trusted resolver that answers as a CoreDNS with the autopath plugin does. */
export const AUTOPATH = NAME_SERVERS.silent.v4;

/** Starts it; ready when it answers. */
export async function startAutopath(lab: Lab): Promise<void> {
  startUnbound(lab.run, lab.internet, { name: 'autopath', addresses: [AUTOPATH], zones: ['example', 'cluster.local'] });
  const argv = ['kdig', '+short', '+timeout=1', '+retry=0', `@${AUTOPATH}`, `api.shop.example.${AUTOPATH_SUFFIX}`, 'A'];
  await until(`an answer from ${AUTOPATH}`, async () => {
    return (await command(inside(lab.internet, argv))).stdout.includes('203.0.113.10');
  });
}
