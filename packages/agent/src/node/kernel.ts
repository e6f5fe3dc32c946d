/** The datapath as apply sees it. */
import { type Datapath, NwReason, defaultConfig } from '@namewall/datapath';
import { privileged } from '@namewall/privileged';
import type { Teach } from '../apply/backfill.ts';
import type { Kernel } from '../apply/context.ts';

/** The sweeper holds an entry for a microsecond; more tries than this mean something else is wrong. */
const TRIES = 8;

function teachBy(datapath: Datapath): Teach {
  return (endpoint, lesson) => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const reason = datapath.backfill({ endpoint, ...lesson });
      if (reason === NwReason.LEARN_NEW || reason === NwReason.LEARN_REFRESHED) return true;
      if (reason !== NwReason.LEARN_CLAIMED) return false;
    }
    return false;
  };
}

export function kernelOf(datapath: Datapath): Kernel {
  return {
    maps: datapath.maps,
    sizes: datapath.sizes,
    hashKey: Uint32Array.from(datapath.hashKey.words),
    defaults: defaultConfig(datapath.sizes),
    teach: teachBy(datapath),
    allocate: (kind) => datapath.allocate(kind),
    now: () => datapath.now(),
    swapIndex: (bytes) => datapath.swapIndex(bytes),
    indexHeader: () => datapath.indexHeader(),
    locked: (work) => datapath.locked(work),
    attach: (endpoint, ends, inbound) => void datapath.attach(endpoint, ends, { inbound }),
    detach: (endpoint) => void datapath.detach(endpoint),
    hooks: () => datapath.hooks(),
    ahead: (endpoint, netns) => datapath.ahead(endpoint, netns),
    asked: (endpoint) => datapath.endpointCounts(endpoint),
    cookieOf: (netns) => privileged().cookie(netns),
  };
}
