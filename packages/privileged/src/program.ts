import { join } from 'node:path';

/** The compiled program: `make build` writes it, images have it at the same place. */
export const PROGRAM = join(import.meta.dirname, '../../../build/namewall-privileged');

/** Where a process that `PROGRAM launch` has started finds the descriptor to ask by. */
export const DESCRIPTOR = 'NAMEWALL_PRIVILEGED';
