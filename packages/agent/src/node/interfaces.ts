import { readFileSync } from 'node:fs';
import { ifIndex } from '@namewall/libbpf';

/** Follows the process's network namespace, which a mounted sysfs does not. */
const DEVICES = '/proc/self/net/dev';

/** The name of an interface by its index; `if<index>` when there is none. */
export function ifnameOf(ifindex: number): string {
  const names = readFileSync(DEVICES, 'utf8').matchAll(/^\s*([^\s:]+):/gm);
  for (const [, name = ''] of names) {
    try {
      if (ifIndex(name) === ifindex) return name;
    } catch {
      continue; // gone since the list was read
    }
  }
  return `if${ifindex}`;
}
