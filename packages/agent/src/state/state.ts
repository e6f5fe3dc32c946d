/** What the operator wants on this node: an immutable value; a change makes the next one or is refused whole. */
import { NwRows, NwRulesetFlag } from '@namewall/datapath';
import { parseCanonical } from '@namewall/policy/names';
import {
  type Change,
  type Endpoint,
  type NodeConfig,
  type Resource,
  type ResourceProblem,
  ResourceType,
  type Ruleset,
  UnknownPods,
  endpointCodec,
  nodeConfigCodec,
  resourceKey,
  rulesetCodec,
} from '@namewall/protocol';

export interface DesiredState {
  readonly config: NodeConfig | undefined;
  /** By content id, 32 hex digits. */
  readonly rulesets: ReadonlyMap<string, Ruleset>;
  /** By pod UID. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** As received, by key: what a snapshot and a Subscribe hold. */
  readonly resources: ReadonlyMap<string, Resource>;
}

export const EMPTY_STATE: DesiredState = {
  config: undefined,
  rulesets: new Map(),
  endpoints: new Map(),
  resources: new Map(),
};

export type Advanced =
  | { readonly ok: true; readonly state: DesiredState }
  | { readonly ok: false; readonly errors: readonly ResourceProblem[] };

/** Under this id the CNI plugin finds what pods that nobody has told of are held to; docs/adr/0008-cni-plugin.md. */
const UNKNOWN_PODS = '0'.repeat(32);

/** Resolvers and the cluster only. */
const QUARANTINE: Ruleset = {
  flags: NwRulesetFlag.ISOLATED,
  names: [],
  cidrs: [],
  durations: null,
  policies: [],
};

/** Octets that the pods map has for a UID, a terminator included. */
const UID_OCTETS = 64;

class Refusal extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Applies upserts, then removals. Types this agent does not know are left out. Nothing of `state` changes. */
export function advance(state: DesiredState, change: Pick<Change, 'upserts' | 'removals'>): Advanced {
  let { config } = state;
  const rulesets = new Map(state.rulesets);
  const endpoints = new Map(state.endpoints);
  const resources = new Map(state.resources);
  const errors: ResourceProblem[] = [];
  for (const resource of change.upserts) {
    try {
      if (resource.type === ResourceType.RESOURCE_TYPE_NODE_CONFIG) config = decode(nodeConfigCodec, resource);
      else if (resource.type === ResourceType.RESOURCE_TYPE_RULESET) {
        rulesets.set(resource.name, decodeRuleset(resource));
      } else if (resource.type === ResourceType.RESOURCE_TYPE_ENDPOINT) {
        endpoints.set(resource.name, decodeEndpoint(resource));
      } else continue;
      resources.set(resourceKey(resource), resource);
    } catch (error) {
      errors.push(problem(resource, error));
    }
  }
  for (const removal of change.removals) {
    if (removal.type === ResourceType.RESOURCE_TYPE_NODE_CONFIG) config = undefined;
    else if (removal.type === ResourceType.RESOURCE_TYPE_RULESET) rulesets.delete(removal.name);
    else if (removal.type === ResourceType.RESOURCE_TYPE_ENDPOINT) endpoints.delete(removal.name);
    resources.delete(resourceKey(removal));
  }
  if (config?.unknownPods === UnknownPods.UNKNOWN_PODS_QUARANTINE) rulesets.set(UNKNOWN_PODS, QUARANTINE);
  else rulesets.delete(UNKNOWN_PODS);
  errors.push(...danglingEndpoints(endpoints, rulesets));
  return errors.length > 0 ? { ok: false, errors } : { ok: true, state: { config, rulesets, endpoints, resources } };
}

function decode<T>(codec: { decode(bytes: Uint8Array): T }, resource: Resource): T {
  try {
    return codec.decode(resource.body);
  } catch (cause) {
    throw new Refusal('BadBody', `its body cannot be read (${String(cause)}); upgrade the older of operator and agent`);
  }
}

function decodeRuleset(resource: Resource): Ruleset {
  if (!/^[0-9a-f]{32}$/.test(resource.name)) {
    throw new Refusal(
      'BadName',
      `ruleset "${resource.name}" is not named by 32 hex digits; this is a fault of the operator`,
    );
  }
  const ruleset = decode(rulesetCodec, resource);
  for (const { selector, rows } of ruleset.names) {
    try {
      parseCanonical(selector);
    } catch (cause) {
      throw new Refusal('BadSelector', cause instanceof Error ? cause.message : String(cause));
    }
    checkRows(`selector ${selector}`, rows.length);
  }
  for (const { rows } of ruleset.cidrs) checkRows('a CIDR', rows.length);
  return ruleset;
}

function checkRows(what: string, rows: number): void {
  if (rows <= NwRows.PER_RULE) return;
  throw new Refusal('TooManyRows', `${what} has ${rows} rows, ${NwRows.PER_RULE} are the most; join its ports`);
}

function decodeEndpoint(resource: Resource): Endpoint {
  const endpoint = decode(endpointCodec, resource);
  if (endpoint.uid !== resource.name || endpoint.uid === '' || Buffer.byteLength(endpoint.uid) >= UID_OCTETS) {
    throw new Refusal(
      'BadUid',
      `pod UID "${endpoint.uid}" must be 1 to ${UID_OCTETS - 1} octets and name the resource`,
    );
  }
  return endpoint;
}

function danglingEndpoints(
  endpoints: ReadonlyMap<string, Endpoint>,
  rulesets: ReadonlyMap<string, Ruleset>,
): ResourceProblem[] {
  return [...endpoints.values()]
    .filter(({ ruleset }) => ruleset !== '' && !rulesets.has(ruleset))
    .map(({ uid, ruleset }) => ({
      type: ResourceType.RESOURCE_TYPE_ENDPOINT,
      name: uid,
      reason: 'UnknownRuleset',
      message: `it refers to ruleset ${ruleset}, which is not here; this is a fault of the operator`,
    }));
}

function problem({ type, name }: Resource, error: unknown): ResourceProblem {
  if (error instanceof Refusal) return { type, name, reason: error.reason, message: error.message };
  throw error;
}
