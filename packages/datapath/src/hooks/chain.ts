import { execFileSync } from 'node:child_process';
import {
  BpfLink,
  type BpfProgram,
  type TcxEntry,
  tcAttach,
  tcDeleteQdisc,
  tcDetach,
  tcQuery,
  tcxQuery,
} from '@namewall/libbpf';
import { privileged } from '@namewall/privileged';
import type { Place } from './place.ts';

/** Of our filters, before all other priorities. */
const PRIORITY = 1;

/** What is attached on one side of an interface, in the order it runs: a TCX chain, then clsact's filters. */
export interface Chain {
  /** EINVAL where the kernel knows no TCX (before 6.6). */
  tcx(): TcxEntry[];
  /** At the head. */
  attachTcx(program: BpfProgram): BpfLink;
  /** The id of the program of a filter of our priority; undefined when there is none, or no such interface. */
  filter(handle: number): number | undefined;
  /** Makes the qdisc where there is none. EEXIST when the handle is taken, unless it replaces. */
  setFilter(program: BpfProgram, options: { readonly handle: number; readonly replace: boolean }): void;
  /** False when there was none. */
  deleteFilter(handle: number): boolean;
  /** Whoever's, those with a program. */
  filters(): readonly { readonly programId: number; readonly handle: number }[];
  /** Whether there are any on the interface, whoever's, on either side. */
  hasFilters(): boolean;
  hasClsact(): boolean;
  /** With all that is on it; false when there was none. */
  deleteClsact(): boolean;
}

/** In our own network namespace we ask the kernel; another one is only entered by the process that may. */
export function chainAt({ ifindex, side, netns }: Place): Chain {
  return netns === undefined ? ownChain(ifindex, side) : chainIn(netns, ifindex, side);
}

function ownChain(ifindex: number, side: Place['side']): Chain {
  const place = (handle: number): { handle: number; priority: number } => ({ handle, priority: PRIORITY });
  // `if<n>` is how tc takes an interface by its number.
  const shown = (...args: readonly string[]): readonly Shown[] =>
    tc(...args.slice(0, 2), 'dev', `if${ifindex}`, ...args.slice(2));
  return {
    tcx: () => tcxQuery(ifindex, side),
    attachTcx: (program) => BpfLink.attachTcx(program, ifindex, side, { head: true }),
    filter: (handle) => tcQuery(ifindex, side, place(handle)),
    setFilter: (program, { handle, replace }) => tcAttach(program, ifindex, side, { ...place(handle), replace }),
    deleteFilter: (handle) => tcDetach(ifindex, side, place(handle)),
    filters: () =>
      shown('filter', 'show', side).flatMap(({ chain, options }) =>
        chain === 0 && options?.prog !== undefined
          ? [{ programId: options.prog.id, handle: Number(options.handle) }]
          : [],
      ),
    hasFilters: () => ['ingress', 'egress'].some((one) => shown('filter', 'show', one).length > 0),
    hasClsact: () => shown('qdisc', 'show').some(({ kind }) => kind === 'clsact'),
    deleteClsact: () => tcDeleteQdisc(ifindex),
  };
}

function chainIn(netns: string, ifindex: number, side: Place['side']): Chain {
  const helper = privileged();
  return {
    tcx: () => helper.tcx(netns, ifindex, side),
    attachTcx: (program) => helper.attachTcx(netns, ifindex, side, program),
    filter: (handle) => helper.filter(netns, ifindex, side, handle),
    setFilter: (program, options) => helper.setFilter(netns, ifindex, side, program, options),
    deleteFilter: (handle) => helper.deleteFilter(netns, ifindex, side, handle),
    filters: () => helper.filters(netns, ifindex, side),
    hasFilters: () => helper.countFilters(netns, ifindex) > 0,
    hasClsact: () => helper.hasClsact(netns, ifindex),
    deleteClsact: () => helper.deleteClsact(netns, ifindex),
  };
}

/** A qdisc or a filter, as tc shows it. */
interface Shown {
  readonly kind?: string;
  readonly chain?: number;
  readonly options?: { readonly handle?: string; readonly prog?: { readonly id: number } };
}

function tc(...args: readonly string[]): readonly Shown[] {
  const text = execFileSync('tc', ['-json', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(text.trim() || '[]') as readonly Shown[];
}
