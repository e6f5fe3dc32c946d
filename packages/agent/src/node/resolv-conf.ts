import { readFileSync } from 'node:fs';

/** The search list of a resolv.conf (resolv.conf(5)): its last `search` or `domain` line counts. */
export function parseSearch(text: string): string[] {
  const lines = text.split('\n').flatMap((line) => /^(?:search|domain)\s+(.*)$/.exec(line)?.[1] ?? []);
  return (lines.at(-1) ?? '').split(/\s+/).filter((suffix) => suffix !== '' && suffix !== '.');
}

/** Like {@link parseSearch}; empty where there is no such file. */
export function readSearch(path: string): string[] {
  try {
    return parseSearch(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}
