import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type NamewallConfig, checkDocuments, formatProblem } from '@namewall/policy';
import { messageOf } from '../errors.ts';
import { watchFolder } from '../directory/watch.ts';

/** Milliseconds after which it is read again in any case. */
const REREAD = 10_000;
/** Milliseconds of silence after a hint. */
const SETTLE = 20;

/** A configuration as somebody wrote it. */
export interface WrittenConfig {
  /** The last good one; undefined: there was none yet. */
  readonly config: NamewallConfig | undefined;
  /** What is wrong with it as it is now; empty: nothing. */
  readonly problems: readonly string[];
}

/** Reads the one NamewallConfig of a file. What is bad keeps the last good one. */
export async function readConfig(path: string, before: NamewallConfig | undefined): Promise<WrittenConfig> {
  try {
    return judgeConfig(await readFile(path), basename(path), before);
  } catch (error) {
    return { config: before, problems: [`${path}: ${messageOf(error)}`] };
  }
}

/** The one NamewallConfig of a text. What is bad keeps the last good one. @param where for messages */
export function judgeConfig(text: Uint8Array, where: string, before: NamewallConfig | undefined): WrittenConfig {
  const { documents, errors } = checkDocuments(text, where);
  const found = documents.map(({ document }) => document);
  const [config] = found;
  if (errors.length > 0) return { config: before, problems: errors.map(formatProblem) };
  if (config?.kind !== 'NamewallConfig' || found.length > 1) {
    return { config: before, problems: [`${where}: is not one NamewallConfig; write one document of that kind`] };
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
