import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { command, mustRun } from './command.ts';
import type { Lab } from './lab.ts';
import { type Namespace, inside } from './namespaces.ts';

/** Programs on a namespace's interfaces, as bpftool (no code of ours) sees them: "veth0 tcx/ingress nw_out". */
async function tcPrograms(namespace: Namespace): Promise<string[]> {
  // bpftool must not inherit a view of bpffs: it only asks the kernel.
  const { stdout } = await command(inside(namespace, ['bpftool', '-j', 'net', 'show']));
  const [shown] = JSON.parse(stdout || '[{"tc":[]}]') as { tc: { devname: string; kind: string; name?: string }[] }[];
  return (shown?.tc ?? []).map(({ devname, kind, name = '' }) => `${devname} ${kind} ${name}`.trim());
}

/** Everything a datapath left: programs on interfaces of node and pods, qdiscs of tc, pins. */
export async function traces(lab: Lab): Promise<string[]> {
  const namespaces = [lab.node, ...[...lab.pods.values()].map(({ namespace }) => namespace)];
  const programs = await Promise.all(namespaces.map(tcPrograms));
  return [...programs.flat(), ...pinsUnder(lab.run.pinRoot)];
}

/** The programs on the node's ends of the pods' cables. */
export const attached = (lab: Lab): Promise<string[]> => tcPrograms(lab.node);

function pinsUnder(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true }).map((name) => path.join(directory, String(name)));
}

/** Ids of all BPF programs in the kernel. */
export async function programIds(): Promise<Set<number>> {
  const shown = JSON.parse(await mustRun(['bpftool', '-j', 'prog', 'list'])) as { id: number }[];
  return new Set(shown.map(({ id }) => id));
}
