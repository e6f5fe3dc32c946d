import path from 'node:path';

const PROGRAMS = path.join(import.meta.dirname, '../programs');
const IMPORTS = path.join(import.meta.dirname, '../../../.toolchain/python');

/** The argv that runs one of our TypeScript programs. */
export const program = (file: string): string[] => [process.execPath, path.join(PROGRAMS, file)];

/** The argv that runs one of our Python programs with the packages that `make setup` has installed. */
export const python = (file: string, ...args: readonly string[]): string[] => [
  'env',
  `PYTHONPATH=${IMPORTS}`,
  'PYTHONDONTWRITEBYTECODE=1',
  'python3',
  path.join(PROGRAMS, file),
  ...args,
];
