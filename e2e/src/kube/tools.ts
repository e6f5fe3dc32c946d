import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const SCRIPT = resolve(import.meta.dirname, '../../../scripts/kubernetes-tools.sh');

let folder: string | undefined;

/** The path of kubectl or helm; the first call may install them. */
export function kubernetesTool(name: 'kubectl' | 'helm'): string {
  folder ??= execFileSync(SCRIPT, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  return join(folder, name);
}
