/**
 * A person's word on what a node does, over the operator's: a file in the agent's state directory. It outlives the
 * agent, the pins and a restart of the node, and needs none of them to be written.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NwSwitch } from './gen/enums.gen.ts';
import { PinnedDatapath } from './pinned.ts';
import { lockRoot } from './pins/root.ts';

/** `audit`: refusals are reported and let through. `off`: everything passes, nothing is looked at. */
export type SwitchOverride = 'audit' | 'off';

const FILE = 'node-switch';
const POSITIONS: Readonly<Record<SwitchOverride, number>> = { audit: NwSwitch.AUDIT, off: NwSwitch.OFF };

/** The file in which an override is kept. */
export function switchFile(stateDir: string): string {
  return join(stateDir, FILE);
}

/** @returns undefined where there is none, or what is there is none of ours: then the operator's word counts. */
export function readSwitchOverride(stateDir: string): SwitchOverride | undefined {
  try {
    const text = readFileSync(switchFile(stateDir), 'utf8').trim();
    return text === 'audit' || text === 'off' ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces the file whole. @param override undefined: removes it */
export function writeSwitchOverride(stateDir: string, override: SwitchOverride | undefined): void {
  const path = switchFile(stateDir);
  if (override === undefined) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${override}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** enum nw_switch of an override. @param otherwise where there is none */
export function switchPosition(override: SwitchOverride | undefined, otherwise: number): number {
  return override === undefined ? otherwise : POSITIONS[override];
}

/**
 * Writes the position where the programs read it, from the next packet on.
 * @param held 'refuse': only where no agent has the pins; 'ignore': also beside one that does not answer
 * @throws DatapathError NOT_PINNED, LAYOUT, LOCKED
 */
export function setPinnedSwitch(root: string, position: number, held: 'refuse' | 'ignore' = 'refuse'): void {
  using pins = PinnedDatapath.openPinned(root);
  const lock = held === 'refuse' ? lockRoot(root) : undefined;
  try {
    pins.updateConfig({ nodeSwitch: position });
  } finally {
    lock?.release();
  }
}
