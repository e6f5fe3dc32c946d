/** Programs on the pods' sockets: without them what a pod may not ask over TCP ends its connection. */
import { readFileSync } from 'node:fs';
import type { Datapath } from '@namewall/datapath';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import { cgroupRoot } from './cgroup.ts';

const WITHOUT = 'forbidden questions over TCP end their connection instead of being answered';

/** Puts them in place, takes away those of an earlier agent where `cgroup` is none, and says why where it cannot be. */
export function seeSockets(
  datapath: Pick<Datapath, 'attachSockets' | 'detachSockets'>,
  { cgroup: asked, socketObject: objectPath }: { cgroup: string; socketObject: string },
  log: Log,
): void {
  const cgroup = asked === 'auto' ? cgroupRoot(readFileSync('/proc/mounts', 'utf8')) : asked;
  if (cgroup === 'none') {
    datapath.detachSockets();
    return;
  }
  if (cgroup === undefined) {
    log.warn(`no cgroup2 file system is mounted: ${WITHOUT}`, { fix: 'mount one, or say --cgroup none' });
    return;
  }
  try {
    datapath.attachSockets({ objectPath, cgroup });
    log.info('sockets are seen', { cgroup });
  } catch (error) {
    log.warn(`sockets are not seen: ${WITHOUT}`, { cgroup, error: messageOf(error) });
  }
}
