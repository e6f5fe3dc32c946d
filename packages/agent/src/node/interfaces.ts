import { readFileSync, readdirSync } from 'node:fs';

const CLASS_NET = '/sys/class/net';

/** The name of an interface by its index, as sysfs shows it; `if<index>` where it does not. */
export function ifnameOf(ifindex: number): string {
  try {
    const found = readdirSync(CLASS_NET).find(
      (name) => Number(readFileSync(`${CLASS_NET}/${name}/ifindex`, 'utf8')) === ifindex,
    );
    return found ?? `if${ifindex}`;
  } catch {
    return `if${ifindex}`;
  }
}
