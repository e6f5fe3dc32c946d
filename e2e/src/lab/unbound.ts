import { writeFileSync } from 'node:fs';
import { NAME_SERVERS } from './addresses.ts';
import { LabProcess } from './lab-process.ts';
import { type Namespace, inside } from './namespaces.ts';
import type { RunDirectory } from './run-directory.ts';

interface Unbound {
  /** Of its process, log and configuration. */
  readonly name: string;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** Zones that it asks the authoritative server for. */
  readonly zones?: readonly string[];
  /** Lines of `server:` beside those that every one has. */
  readonly options?: readonly string[];
}

/** Starts a recursive resolver in the internet of a lab. It may not answer yet. */
export function startUnbound(run: RunDirectory, internet: Namespace, unbound: Unbound): LabProcess {
  const file = run.file(`${unbound.name}.conf`);
  writeFileSync(file, configuration(run, unbound));
  return LabProcess.start(run, unbound.name, inside(internet, ['unbound', '-d', '-c', file]));
}

function configuration(run: RunDirectory, { addresses, zones = ['example'], options = [] }: Unbound): string {
  return `server:
${addresses.map((address) => `  interface: ${address}\n`).join('')}
  access-control: 198.18.0.0/15 allow
  access-control: 198.51.100.0/24 allow
  access-control: 2001:db8::/32 allow
  username: ""
  chroot: ""
  directory: "${run.path}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "example." nodefault
${options.map((option) => `  ${option}\n`).join('')}
${zones.map((zone) => `stub-zone:\n  name: "${zone}."\n  stub-addr: ${NAME_SERVERS.authoritative.v4}\n  stub-prime: no\n`).join('')}`;
}
