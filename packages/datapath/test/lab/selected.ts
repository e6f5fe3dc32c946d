import { buildIndex, parseSelector } from '@namewall/policy';
import type { Datapath } from '../../src/datapath.ts';
import { NwResolver, NwRulesetFlag } from '../../src/gen/enums.gen.ts';
import { mapped } from '../packets/frames.ts';
import { rule } from '../packets/world.ts';

const RULESET = 1;

/** A new endpoint that may look up `name`, or the names of a pattern, at the resolver, and connect to what it learns from it, and no more. */
export function selectedEndpoint(dp: Datapath, resolver: string, name: string): number {
  const number = dp.allocate('endpoint');
  const handles = [1];
  const selectors = [
    { handle: 1, selector: parseSelector(name.includes('*') ? { matchPattern: name } : { matchName: name }) },
  ];
  const key = Uint32Array.from(dp.hashKey.words);
  const { config, endpoints, resolvers, rules, rulesets } = dp.maps;
  dp.swapIndex(buildIndex({ selectors, rulesets: [{ number: RULESET, handles }], key, blocks: dp.sizes.indexBlocks }));
  config.set(0, { ...dp.config, resolverPorts: [1n << 53n, 0n, 0n, 0n] });
  resolvers.set({ address: mapped(resolver), port: 53, protocol: 17 }, NwResolver.PLAIN);
  const flags = NwRulesetFlag.FILTER_NAMES | NwRulesetFlag.ISOLATED;
  rulesets.set(RULESET, { number: RULESET, flags, ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n });
  rules.set({ ruleset: RULESET, handle: 1 }, rule([{}], 1));
  endpoints.set(number & (dp.sizes.endpoints - 1), {
    number,
    ruleset: RULESET,
    flags: 0,
    netnsCookie: 0n,
    selectedAt: 0n,
    addresses: [new Uint8Array(16), new Uint8Array(16)],
  });
  return number;
}
