/** Resources as the operator sends them. */
import { NwRulesetFlag } from '@namewall/datapath';
import { type CompiledRuleset, compile, parseAddress, rulesetId } from '@namewall/policy';
import { type EncodedResource, encodeEndpoint, encodeNodeConfig, encodeRuleset } from '@namewall/protocol';

const RESOLVER = '192.0.2.53';

const address = (text: string): Buffer => Buffer.from(parseAddress(text));

/** The defaults, one resolver, and these addresses never learned. */
export function nodeConfig(reserved: readonly string[] = []): EncodedResource {
  const { nodeConfig: defaults } = compile({ policies: [], pods: [] });
  return encodeNodeConfig({
    ...defaults,
    resolvers: [{ address: address(RESOLVER), port: 53, protocol: 17 }],
    ranges: reserved.map((one) => ({ prefix: address(one), prefixLength: 128, flags: 4 })),
  });
}

export interface Named {
  readonly id: string;
  readonly resource: EncodedResource;
}

/** An isolating ruleset that allows TCP 443 to these selectors and filters names. */
export function ruleset(...selectors: string[]): Named {
  return flagged(NwRulesetFlag.ISOLATED | NwRulesetFlag.FILTER_NAMES, ...selectors);
}

/** The same with other flags. */
export function flagged(flags: number, ...selectors: string[]): Named {
  const body: CompiledRuleset = {
    flags,
    names: selectors.toSorted().map((selector) => ({
      selector,
      query: 1,
      rows: [{ precedence: 3000, protocol: 6, portFirst: 443, portLast: 443, flags: 0, policy: 0 }],
    })),
    cidrs: [
      {
        prefix: address('198.51.100.0'),
        prefixLength: 120,
        rows: [{ precedence: 3000, protocol: 0, portFirst: 0, portLast: 65535, flags: 0, policy: 0 }],
      },
    ],
    durations: { ttlFloor: 0n, ttlCeiling: 0n, ttlGrace: 0n, idleWindow: 0n },
    policies: [{ kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'allow' }],
  };
  const id = rulesetId(body);
  return { id, resource: encodeRuleset(id, body) };
}

export function pod(uid: string, netns: string, id = '', addresses: Uint8Array[] = []): EncodedResource {
  const base = { search: [], addresses, dnsPolicy: 'ClusterFirst' };
  return encodeEndpoint({ ...base, uid, namespace: 'shop', name: `pod-${uid}`, ruleset: id, netns });
}
