import { check } from './error.ts';
import { libbpf } from './native.ts';

let cached: number | undefined;

/** The CPUs this kernel may ever have: a per-CPU value has one slot for each. */
export function possibleCpus(): number {
  return (cached ??= check('libbpf_num_possible_cpus', libbpf().libbpf_num_possible_cpus()));
}
