import { mkdirSync, writeFileSync } from 'node:fs';
import { NAME_SERVERS } from './addresses.ts';
import { command } from './command.ts';
import { LabProcess } from './lab-process.ts';
import { type Namespace, inside } from './namespaces.ts';
import type { RunDirectory } from './run-directory.ts';
import { startUnbound } from './unbound.ts';
import { until } from './until.ts';
import { SYNTHETIC, ZONES } from './zones.ts';

const { recursive, authoritative, untrusted } = NAME_SERVERS;
const OPTIONS = [
  'verbosity: 0',
  'incoming-num-tcp: 500',
  'local-zone: "cluster.local." static',
  'minimal-responses: yes',
  'so-reuseport: no',
];

/** Starts knot (authoritative) and unbound (recursive, asking knot); ready when both answer. */
export async function startNameServers(run: RunDirectory, internet: Namespace): Promise<void> {
  mkdirSync(run.file('knot'), { recursive: true });
  for (const [zone, text] of ZONES) writeFileSync(run.file('knot', `${zone}.zone`), text);
  writeFileSync(run.file('knot.conf'), knotConfiguration(run));
  LabProcess.start(run, 'knot', inside(internet, ['knotd', '-c', run.file('knot.conf')]));
  startUnbound(run, internet, { name: 'unbound', addresses: [recursive.v4, recursive.v6], options: OPTIONS });
  for (const server of [authoritative, recursive, untrusted]) {
    await until(`an answer from ${server.v4}`, async () => {
      const argv = ['kdig', '+short', '+timeout=1', '+retry=0', `@${server.v4}`, 'api.shop.example', 'A'];
      return (await command(inside(internet, argv))).stdout.includes('203.0.113.10');
    });
  }
}

const knotConfiguration = (run: RunDirectory): string => `
server:
  rundir: ${run.file('knot')}
  listen: [ ${[authoritative, untrusted].flatMap(({ v4, v6 }) => [`${v4}@53`, `${v6}@53`]).join(', ')} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${run.file('knot')}
log:
  - target: stderr
    any: warning
mod-synthrecord:
  - id: addresses
    type: forward
    prefix: ${SYNTHETIC.prefix}
    ttl: 60
    network: [ ${SYNTHETIC.networks.join(', ')} ]
template:
  - id: default
    storage: ${run.file('knot')}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
${[...ZONES.keys()].map((zone) => `  - domain: ${zone}\n${zone === SYNTHETIC.zone ? '    module: mod-synthrecord/addresses\n' : ''}`).join('')}
`;
