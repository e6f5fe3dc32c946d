import { readFileSync } from 'node:fs';

/** The process beside an agent that keeps CAP_SYS_ADMIN for it; its first child. */
export function privilegedOf(agent: number): number {
  const children = readFileSync(`/proc/${agent}/task/${agent}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('namewall-privi'));
  if (found === undefined) throw new Error(`process ${agent} has no namewall-privileged beside it: is it an agent?`);
  return found;
}
