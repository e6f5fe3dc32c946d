/** What links a network namespace has, cheaply enough to ask every second. */
import { readFileSync } from 'node:fs';
import { inNetns } from '@namewall/libbpf';

/** Of the calling thread, which is the one that enters the namespace. */
const DEVICES = '/proc/thread-self/net/dev';

/** The names of a namespace's links, as one text; undefined where it cannot be entered. */
export function linksIn(netns: string): string | undefined {
  try {
    const text = inNetns(netns, () => readFileSync(DEVICES, 'utf8'));
    return [...text.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name]) => name).join(' ');
  } catch {
    return undefined;
  }
}
