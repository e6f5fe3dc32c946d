import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MESSAGE_MAX } from './wire.ts';

export interface CorpusMessage {
  /** Path below the directory. */
  readonly name: string;
  readonly octets: Buffer;
  /** It was longer than a test-run takes: this is its beginning. */
  readonly cut: boolean;
}

/** Every file of a directory and below is a message, in the order of their names. Empty ones are left out. */
export function readCorpus(directory: string): CorpusMessage[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
  return names
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => ({ name, octets: readFileSync(join(directory, name)) }))
    .filter(({ octets }) => octets.length > 0)
    .map(({ name, octets }) => ({
      name,
      octets: octets.subarray(0, MESSAGE_MAX),
      cut: octets.length > MESSAGE_MAX,
    }));
}
