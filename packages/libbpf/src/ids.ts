import { errnoNumber } from './errno.ts';
import { check } from './error.ts';
import { OwnedFd } from './fd.ts';
import { libbpf } from './native.ts';
import { Struct } from './struct.ts';

/** Ids of all loaded programs, ascending. One may be gone before it is opened: openById() throws ENOENT then. */
export function progIds(): Generator<number> {
  return walk('bpf_prog_get_next_id');
}

/** Ids of all maps, ascending. */
export function mapIds(): Generator<number> {
  return walk('bpf_map_get_next_id');
}

/** Ids of all links, ascending. */
export function linkIds(): Generator<number> {
  return walk('bpf_link_get_next_id');
}

/** Lets the kernel count runs and time of every program (some 20 ns a run) until it is disposed. */
export function enableRunStats(): Disposable {
  return new OwnedFd(check('bpf_enable_stats', libbpf().bpf_enable_stats(0)), 'run statistics');
}

function* walk(call: 'bpf_prog_get_next_id' | 'bpf_map_get_next_id' | 'bpf_link_get_next_id'): Generator<number> {
  const found = new Struct(4);
  for (let id = 0; ; id = found.u32(0)) {
    const result = libbpf()[call](id, found.bytes);
    if (result === -(errnoNumber('ENOENT') ?? 2)) return;
    check(call, result);
    yield found.u32(0);
  }
}
