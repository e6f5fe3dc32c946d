import { rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mapDefs } from '../gen/maps.gen.ts';
import { cniDir, filtersDir, linksDir, mapPin, namesIn, programsDir } from './paths.ts';

/** Removes a file or reports that there was none. */
export function unlinkIfThere(path: string): boolean {
  return ifThere(() => {
    unlinkSync(path);
  });
}

/** Removes the pins of maps and programs and every directory of ours that is empty then. Counts what it removed. */
export function purge(root: string): { maps: number; programs: number } {
  const programs = namesIn(programsDir(root)).filter((name) => unlinkIfThere(join(programsDir(root), name))).length;
  const maps = Object.values(mapDefs).filter(({ name }) => unlinkIfThere(mapPin(root, name))).length;
  for (const name of namesIn(cniDir(root))) unlinkIfThere(join(cniDir(root), name));
  for (const directory of [programsDir(root), linksDir(root), filtersDir(root), cniDir(root)]) {
    ifThere(() => {
      rmdirSync(directory);
    });
  }
  return { maps, programs };
}

/** Runs a removal; false when there was nothing to remove, or the directory holds something of others. */
export function ifThere(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTEMPTY') return false;
    throw error;
  }
}
