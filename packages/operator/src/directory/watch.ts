import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls `changed` whenever something happens in the folder. A hint only: what a watch misses, the next
 * listing finds.
 * @returns what ends it.
 */
export function watchFolder(folder: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, changed);
    // The folder is gone or cannot be watched any more.
    watcher.on('error', changed);
  } catch {
    return () => undefined;
  }
  return () => watcher.close();
}
