import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ifIndex, inNetns, tcxQuery } from '@namewall/libbpf';
import { mustRun } from './command.ts';
import type { Lab } from './lab.ts';
import { type Namespace, inside } from './namespaces.ts';

/** A program at an interface: "tcx/ingress" or "clsact/egress", and its id in the kernel. */
export interface Attached {
  readonly device: string;
  readonly kind: string;
  readonly programId: number;
}

/** The programs on the interfaces of a namespace, whoever put them there. */
export async function attachedIn(namespace: Namespace): Promise<Attached[]> {
  const links = JSON.parse(await mustRun(['ip', '-j', '-n', namespace.name, 'link', 'show'])) as { ifname: string }[];
  const tcx = inNetns(namespace.path, () => links.flatMap(({ ifname }) => tcxOn(ifname)));
  return [...tcx, ...(await filtersIn(namespace))];
}

/** Everything a datapath left: programs on interfaces of node and pods, and pins; each a line of text. */
export async function traces(lab: Lab): Promise<string[]> {
  const namespaces = [lab.node, ...[...lab.pods.values()].map(({ namespace }) => namespace)];
  const programs = await Promise.all(namespaces.map(attachedIn));
  return [...programs.flat().map(({ device, kind }) => `${device} ${kind}`), ...pinsUnder(lab.run.pinRoot)];
}

function tcxOn(device: string): Attached[] {
  const index = ifIndex(device);
  return (['ingress', 'egress'] as const).flatMap((direction) =>
    tcxQuery(index, direction).map(({ progId }) => ({ device, kind: `tcx/${direction}`, programId: progId })),
  );
}

/** Filters of tc, as bpftool lists them. */
async function filtersIn(namespace: Namespace): Promise<Attached[]> {
  const shown = JSON.parse(await mustRun(inside(namespace, ['bpftool', '-j', 'net', 'show']))) as {
    tc: { devname: string; kind: string; id: number }[];
  }[];
  return shown.flatMap(({ tc }) => tc.map(({ devname, kind, id }) => ({ device: devname, kind, programId: id })));
}

function pinsUnder(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true }).map((name) => path.join(directory, String(name)));
}
