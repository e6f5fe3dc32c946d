/** `namewallctl validate`: every document of a file or a folder, each fault with file, line, field, reason and fix. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkDocuments, formatProblem } from '@namewall/policy';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

function filesOf(path: string): string[] {
  let stats;
  try {
    stats = statSync(path);
  } catch (cause) {
    throw new CliError(`${path} cannot be read`, 'give -f a YAML file or a folder of them', 1, { cause });
  }
  if (!stats.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Prints the faults to stdout, one a line. @throws CliError when there is one, or no document at all */
export function validate(path: string, io: Io): void {
  const files = filesOf(path);
  const checked = files.map((file) => checkDocuments(readFileSync(file), file));
  const errors = checked.flatMap((one) => one.errors);
  const documents = checked.reduce((sum, one) => sum + one.documents.length, 0);
  for (const { errors: faults, warnings } of checked) {
    for (const problem of faults) io.out(`${formatProblem(problem)}\n`);
    for (const problem of warnings) io.out(`${formatProblem(problem).replace(/^(\S+:\d+:)/, '$1 warning:')}\n`);
  }
  if (errors.length > 0) {
    const faults = plural(errors.length, 'fault', 'faults');
    throw new CliError(`${faults} in ${plural(files.length, 'file', 'files')}`, 'correct what is listed above');
  }
  if (documents === 0) throw new CliError(`${path} holds no document`, 'give -f a YAML file or a folder of them');
  io.out(`${plural(documents, 'document is', 'documents are')} valid\n`);
}
