/** Keeps the name index in the kernel equal to the rulesets there: one build and one swap, and only when something changed. */
import { IndexHeader } from '@namewall/datapath';
import { type Selector, buildIndex, parseCanonical } from '@namewall/policy/names';
import { indexVersion } from '../plan/index-version.ts';
import type { Kernel } from './context.ts';
import type { Handles } from './handles.ts';
import type { Rulesets } from './rulesets.ts';

export class NameIndex {
  readonly #kernel: Kernel;
  readonly #handles: Handles;
  readonly #rulesets: Rulesets;
  #version: Uint8Array | undefined;

  constructor(kernel: Kernel, handles: Handles, rulesets: Rulesets) {
    this.#kernel = kernel;
    this.#handles = handles;
    this.#rulesets = rulesets;
    this.#version = kernel.indexHeader()?.version;
  }

  /** @returns whether it was swapped. Throws when it does not fit; the old index stays then. */
  sync(): boolean {
    const lists = this.#rulesets.lists();
    const version = indexVersion(lists);
    if (this.#version !== undefined && Buffer.from(version).equals(this.#version)) return false;
    const selectors: { handle: number; selector: Selector }[] = [];
    for (const handle of new Set(lists.flatMap(({ handles }) => handles))) {
      const canonical = this.#handles.selectorOf(handle);
      if (canonical !== undefined) selectors.push({ handle, selector: parseCanonical(canonical) });
    }
    const { hashKey, sizes } = this.#kernel;
    const bytes = buildIndex({ selectors, rulesets: lists, key: hashKey, blocks: sizes.indexBlocks });
    bytes.set(version, IndexHeader.offsets.version);
    this.#kernel.swapIndex(bytes);
    this.#version = version;
    return true;
  }
}
