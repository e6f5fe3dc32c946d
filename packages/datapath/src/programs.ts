import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { BpfMap, BpfObject } from '@namewall/libbpf';
import { u32 } from './codec.ts';
import { NwProgram } from './gen/enums.gen.ts';
import { programsDir } from './pins/paths.ts';
import { unlinkIfThere } from './pins/purge.ts';

/** The program that starts the kernel timer; it is run once, and pinned so that anybody can run it again. */
export const SWEEP_START = 'sweep_start';
/** The program by which user space teaches addresses, see bpf/lib/backfill.h. */
export const BACKFILL = 'backfill';

/** Fallbacks first, so that a trampoline always finds something; the entry points last, behind what they jump to. */
const ORDER: readonly (keyof typeof NwProgram)[] = [
  'FALLBACK_OUT',
  'FALLBACK_IN',
  ...(Object.keys(NwProgram) as (keyof typeof NwProgram)[]).filter((name) => !/^(FALLBACK|POD|PROGRAMS)/.test(name)),
  'POD_IN',
  'POD_OUT',
];

/**
 * Puts an object's programs into their slots, one atomic write each, and pins them under `progs`. A slot's
 * program is the one of its name in lower case; a slot whose program the object does not have is left.
 */
export function installPrograms(root: string, object: BpfObject, programs: BpfMap): void {
  const present = new Set(object.programNames());
  mkdirSync(programsDir(root), { recursive: true });
  for (const slot of ORDER) {
    const name = slot.toLowerCase();
    if (!present.has(name)) continue;
    programs.update(u32.encode(NwProgram[slot]), object.program(name).asValue());
    pinOver(root, object, name);
  }
  for (const name of [SWEEP_START, BACKFILL]) if (present.has(name)) pinOver(root, object, name);
}

function pinOver(root: string, object: BpfObject, name: string): void {
  const path = join(programsDir(root), name);
  unlinkIfThere(`${path}-new`);
  object.program(name).pin(`${path}-new`);
  renameSync(`${path}-new`, path);
}
