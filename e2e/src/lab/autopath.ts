import { writeFileSync } from 'node:fs';
import { NAME_SERVERS } from './addresses.ts';
import { command } from './command.ts';
import type { Lab } from './lab.ts';
import { inside } from './namespaces.ts';
import { until } from './until.ts';
import { AUTOPATH_SUFFIX } from './zones.ts';

/** A trusted resolver that answers as a CoreDNS with the autopath plugin does. */
export const AUTOPATH = NAME_SERVERS.silent.v4;

/** Starts it; ready when it answers. */
export async function startAutopath(lab: Lab): Promise<void> {
  const file = lab.run.file('autopath.conf');
  writeFileSync(
    file,
    `server:
  interface: ${AUTOPATH}
  access-control: 198.18.0.0/15 allow
  access-control: 198.51.100.0/24 allow
  username: ""
  chroot: ""
  directory: "${lab.run.path}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "example." nodefault
${['example', 'cluster.local'].map((zone) => `stub-zone:\n  name: "${zone}."\n  stub-addr: ${NAME_SERVERS.authoritative.v4}\n  stub-prime: no\n`).join('')}`,
  );
  lab.startInInternet('autopath', ['unbound', '-d', '-c', file]);
  const argv = ['kdig', '+short', '+timeout=1', '+retry=0', `@${AUTOPATH}`, `api.shop.example.${AUTOPATH_SUFFIX}`, 'A'];
  await until(`an answer from ${AUTOPATH}`, async () => {
    return (await command(inside(lab.internet, argv))).stdout.includes('203.0.113.10');
  });
}
