import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type NamewallConfig, checkDocuments, formatProblem } from '@namewall/policy';
import { messageOf } from '../errors.ts';
import { watchFolder } from '../directory/watch.ts';

/** Milliseconds after which it is read again in any case. */
const REREAD = 10_000;
/** Milliseconds of silence after a hint. */
const SETTLE = 20;

export interface ConfigFile {
  /** The last good one; undefined: there was none yet. */
  readonly config: NamewallConfig | undefined;
  /** What is wrong with the file as it is now; empty: nothing. */
  readonly problems: readonly string[];
}

/** Reads the one NamewallConfig of a file. What is bad keeps the last good one. */
export async function readConfig(path: string, before: NamewallConfig | undefined): Promise<ConfigFile> {
  let text: Uint8Array;
  try {
    text = await readFile(path);
  } catch (error) {
    return { config: before, problems: [`${path}: ${messageOf(error)}`] };
  }
  const { documents, errors } = checkDocuments(text, basename(path));
  const found = documents.map(({ document }) => document);
  const [config] = found;
  if (errors.length > 0) return { config: before, problems: errors.map(formatProblem) };
  if (config?.kind !== 'NamewallConfig' || found.length > 1) {
    return { config: before, problems: [`${path}: is not one NamewallConfig; write one document of that kind`] };
  }
  return { config, problems: [] };
}

/**
 * Calls `changed` after each change of a file, also of one that is mounted from a ConfigMap (a link that is replaced).
 * @returns what ends it
 */
export function watchFile(path: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const hint = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE);
  };
  const end = watchFolder(dirname(path), hint);
  const poll = setInterval(changed, REREAD);
  return () => {
    end();
    clearInterval(poll);
    clearTimeout(timer);
  };
}
