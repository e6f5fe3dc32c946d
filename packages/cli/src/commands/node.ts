/** Break-glass: what this node does, whatever the operator says, with an agent or without one. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  DatapathError,
  NwSwitch,
  PinnedDatapath,
  type SwitchOverride,
  readSwitchOverride,
  setPinnedSwitch,
  switchPosition,
  writeSwitchOverride,
} from '@namewall/datapath';
import { CliError } from '../errors.ts';
import type { GlobalOptions, Io } from '../io.ts';

export const POSITIONS = ['on', 'audit', 'off'] as const;
export type Position = (typeof POSITIONS)[number];

/** Milliseconds that an agent has to follow; it needs some. */
const PATIENCE = 3000;
const EVERY = 20;

const SAYS: Readonly<Record<Position, string>> = {
  on: 'what the operator says applies',
  audit: 'refusals are reported and let through, until "namewallctl node on"',
  off: 'nothing is enforced and nothing looked at, until "namewallctl node on"',
};

/**
 * Keeps the position in the state directory, for every agent to come, and sees to it that the programs have it now.
 * @throws CliError when it is kept but does not hold yet
 */
export async function node(position: Position, { pinRoot, stateDir }: NodeOptions, io: Io): Promise<void> {
  const override = position === 'on' ? undefined : position;
  writeOverride(stateDir, override);
  const where = await enforce(pinRoot, override);
  io.out(`node switch: ${position}; ${SAYS[position]}\n${where === '' ? '' : `${where}\n`}`);
}

export interface NodeOptions extends GlobalOptions {
  readonly stateDir: string;
}

function writeOverride(stateDir: string, override: SwitchOverride | undefined): void {
  try {
    writeSwitchOverride(stateDir, override);
    if (readSwitchOverride(stateDir) !== override) throw new Error('it was changed by somebody else at once');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(
      `the position cannot be kept in ${stateDir}: ${reason}`,
      'give the agent’s --state-dir; be root',
      1,
      { cause },
    );
  }
}

/** @returns what people should know beside */
async function enforce(pinRoot: string, override: SwitchOverride | undefined): Promise<string> {
  const position = switchPosition(override, NwSwitch.ON);
  try {
    setPinnedSwitch(pinRoot, position);
    return override === undefined
      ? 'no agent runs: on until one does, then as the operator says'
      : 'no agent runs: written to the pins';
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    if (error.code === 'NOT_PINNED') return 'nothing is pinned: an agent that starts keeps to it';
    if (error.code !== 'LOCKED') throw error;
  }
  if (override === undefined || (await followed(pinRoot, position))) return '';
  // The agent hangs. It is the only other writer of this word, and it does not write.
  setPinnedSwitch(pinRoot, position, 'ignore');
  return 'the agent does not follow: written to the pins beside it';
}

async function followed(pinRoot: string, position: number): Promise<boolean> {
  using pins = PinnedDatapath.openPinned(pinRoot);
  const end = performance.now() + PATIENCE;
  while (pins.config.nodeSwitch !== position) {
    if (performance.now() > end) return false;
    await delay(EVERY);
  }
  return true;
}
