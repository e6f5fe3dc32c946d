/** What links a network namespace has, cheaply enough to ask every second. */
import { privileged } from '@namewall/privileged';

/** Those that may lead out of it, as one text; undefined where it cannot be entered. */
export function linksIn(netns: string): string | undefined {
  try {
    const { links, complete } = privileged().links(netns);
    return [...links.map(({ ifindex, ifname }) => `${ifindex}:${ifname}`), ...(complete ? [] : ['more'])].join(' ');
  } catch {
    return undefined;
  }
}
