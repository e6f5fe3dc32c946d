/** Gives back what a large change needed for a moment, so that the working set is that of what is held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

let collect: Collect | undefined;

/** New objects of a young generation larger than this (MiB) are not worth their memory here. */
const SEMI_SPACE = 1;

/** Call early: small young generation, old generation grown reluctantly. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE}`);
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as Collect;
}

/** One full collection that returns free pages to the system; tens of milliseconds. */
export function releaseMemory(): void {
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
