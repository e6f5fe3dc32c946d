import { readFileSync } from 'node:fs';

/** The `namewall-privileged` of a process: its child. */
export function privilegedOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((child) => readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('namewall-privi'));
  if (found === undefined) throw new Error(`process ${pid} has no namewall-privileged beside it`);
  return found;
}
