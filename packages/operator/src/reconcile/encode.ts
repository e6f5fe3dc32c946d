import type { CompileResult } from '@namewall/policy';
import {
  type EncodedResource,
  ProtocolError,
  encodeEndpoint,
  encodeNodeConfig,
  encodeRuleset,
} from '@namewall/protocol';

/** What a node is to hold, as octets. */
export interface Encoded {
  readonly config: EncodedResource;
  /** By id. */
  readonly rulesets: ReadonlyMap<string, EncodedResource>;
  /** By UID, with the id of the ruleset; empty when not selected. */
  readonly endpoints: ReadonlyMap<string, { readonly resource: EncodedResource; readonly ruleset: string }>;
  /** Why something is not as it was compiled. */
  readonly problems: readonly string[];
}

/**
 * Encodes what was compiled. A ruleset that no message can carry is left out, and its pods keep what they
 * had before.
 */
export function encodeAll(compiled: CompileResult, before: Encoded | undefined): Encoded {
  const problems: string[] = [];
  const rulesets = new Map<string, EncodedResource>();
  const refused = new Set<string>();
  for (const [id, ruleset] of compiled.rulesets) {
    try {
      rulesets.set(id, before?.rulesets.get(id) ?? encodeRuleset(id, ruleset));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refused.add(id);
      problems.push(error.message);
    }
  }
  const endpoints = new Map<string, { resource: EncodedResource; ruleset: string }>();
  for (const endpoint of compiled.endpoints) {
    const earlier = before?.endpoints.get(endpoint.uid);
    if (!refused.has(endpoint.ruleset)) {
      endpoints.set(endpoint.uid, { resource: encodeEndpoint(endpoint), ruleset: endpoint.ruleset });
    } else if (earlier !== undefined) {
      endpoints.set(endpoint.uid, earlier);
      const held = before?.rulesets.get(earlier.ruleset);
      if (held !== undefined) rulesets.set(earlier.ruleset, held);
    }
  }
  return { config: encodeNodeConfig(compiled.nodeConfig), rulesets, endpoints, problems };
}

/** All of it, in one list. */
export function resourcesOf({ config, rulesets, endpoints }: Encoded): EncodedResource[] {
  return [config, ...rulesets.values(), ...[...endpoints.values()].map(({ resource }) => resource)];
}
