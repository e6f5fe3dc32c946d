import { BpfMap } from '@namewall/libbpf';
import { u32 } from './codec.ts';
import { DatapathError } from './errors.ts';
import { NwIndex } from './gen/enums.gen.ts';
import { mapDefs } from './gen/maps.gen.ts';
import { IndexHeader } from './gen/structs.gen.ts';
import { openIndex } from './pins/read.ts';

/**
 * Puts a whole new name index in place of the present one by one write; whoever reads the old one keeps it
 * until done. `bytes` are blocks as buildIndex of @namewall/policy makes them, none for an empty index.
 * @throws DatapathError SIZE when it does not fit, or is no index
 */
export function swapIndex(names: BpfMap, bytes: Uint8Array, blocks: number): void {
  if (bytes.length % NwIndex.INDEX_BLOCK !== 0 || bytes.length / NwIndex.INDEX_BLOCK > blocks) {
    throw new DatapathError(
      'SIZE',
      `a name index of ${bytes.length} octets: it must be whole blocks of ${NwIndex.INDEX_BLOCK}, and at most ${blocks}` +
        ' of them (size indexBlocks)',
    );
  }
  if (bytes.length > 0 && IndexHeader.read(bytes).magic !== NwIndex.INDEX_MAGIC) {
    throw new DatapathError('SIZE', 'these octets are no name index: take them from buildIndex');
  }
  using inner = BpfMap.create({ ...mapDefs.names.inner, name: 'name_index', maxEntries: blocks });
  {
    using memory = inner.mmap();
    memory.bytes.set(bytes);
  }
  names.update(u32.encode(0), inner.asValue());
}

/** The header of the index in use; undefined when none was put in yet. */
export function readIndexHeader(names: BpfMap): IndexHeader | undefined {
  using inner = openIndex(names);
  const block = inner?.lookup(u32.encode(0));
  if (block === undefined) return undefined;
  const header = IndexHeader.read(block);
  return header.magic === NwIndex.INDEX_MAGIC ? header : undefined;
}
