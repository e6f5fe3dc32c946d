import { NwLayout, NwSwitch } from './gen/enums.gen.ts';
import { Config } from './gen/structs.gen.ts';
import type { Sizes } from './sizes.ts';

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;

/** What stands in `config` when the pins are new. Quotas are never larger than the table they are taken from. */
export function defaultConfig(sizes: Sizes): Config {
  return {
    ...Config.read(new Uint8Array(Config.size)),
    layout: NwLayout.LAYOUT,
    nodeSwitch: NwSwitch.ON,
    ttlFloor: 30n * SECOND,
    ttlCeiling: 24n * HOUR,
    ttlGrace: 60n * SECOND,
    idleWindow: 10n * MINUTE,
    pendingAge: 10n * SECOND,
    // RFC 5382, REQ-5: an established connection is kept for at least 2 hours and 4 minutes.
    tcpIdle: 2n * HOUR + 4n * MINUTE,
    tcpOpening: 60n * SECOND,
    tcpClosing: 15n * SECOND,
    udpIdle: 2n * MINUTE,
    icmpIdle: 30n * SECOND,
    grandfather: HOUR,
    quotaPending: Math.min(1024, sizes.pending),
    quotaLearned: Math.min(4096, sizes.learned),
    quotaFlowsOut: Math.min(16384, sizes.flows),
    quotaFlowsIn: Math.min(16384, sizes.flows),
  };
}
