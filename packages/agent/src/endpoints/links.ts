/** What links a network namespace has, cheaply enough to ask every second. */
import { privileged } from '@namewall/privileged';

/** Those that may lead out of it and where to, as one text; undefined where it cannot be entered. */
export function linksIn(netns: string): string | undefined {
  try {
    const { links, complete } = privileged().links(netns);
    const each = links.map(({ ifindex, ifname, kind, peer }) => `${ifindex}:${ifname}:${kind}:${peer}`);
    return [...each, ...(complete ? [] : ['more'])].join(' ');
  } catch {
    return undefined;
  }
}
