/** What the agent answers on its socket; everything is read from the pins when it is asked for. */
import { setImmediate } from 'node:timers/promises';
import {
  type PinnedDatapath,
  type Pod,
  learnedFacts,
  mapFill,
  outlivingFlows,
  reasonName,
  recentName,
  recentRecords,
} from '@namewall/datapath';
import { type Sources, explain, explainEvent, nameOf } from '@namewall/explain';
import { identityOf, parseCanonical } from '@namewall/policy/names';
import {
  ConnectionPhase,
  EndpointPhase,
  type EndpointStatusInput,
  type LearnedNameInput,
  type ObserverHandlers,
  type PolicyClientState,
  type StatusResponseInput,
} from '@namewall/protocol';
import type { Enforcer } from '../apply/enforcer.ts';
import type { Handles } from '../apply/handles.ts';
import type { Rulesets } from '../apply/rulesets.ts';
import type { Endpoints } from '../endpoints/manager.ts';
import type { NodeSwitch } from '../node/switch.ts';
import { type EventContext, describeEvent } from './event.ts';
import { type Who, endpointFilter, eventFilter } from './filter.ts';
import type { EventHub } from './hub.ts';
import { RulesByNumber } from './rules.ts';

export interface ObserverSources {
  readonly datapath: PinnedDatapath;
  readonly enforcer: Enforcer;
  readonly handles: Handles;
  readonly rulesets: Rulesets;
  readonly endpoints: Endpoints;
  readonly hub: EventHub;
  readonly nodeSwitch: NodeSwitch;
  readonly operator: { readonly address: string; readonly state: () => PolicyClientState };
  readonly node: string;
  readonly version: string;
}

const PHASES: Readonly<Record<PolicyClientState['phase'], ConnectionPhase>> = {
  connecting: ConnectionPhase.CONNECTION_PHASE_CONNECTING,
  syncing: ConnectionPhase.CONNECTION_PHASE_SYNCING,
  synced: ConnectionPhase.CONNECTION_PHASE_SYNCED,
  waiting: ConnectionPhase.CONNECTION_PHASE_WAITING,
  stopped: ConnectionPhase.CONNECTION_PHASE_STOPPED,
};
const NS_PER_MS = 1_000_000n;
/** Events told before what else the agent has to do gets its turn: some 10 ms. */
const AT_ONCE = 128;

const whoIs = (uid: string, pod: Pod): Who => ({ uid, namespace: pod.namespace, name: pod.name, number: pod.endpoint });

function status({
  datapath,
  endpoints,
  rulesets,
  handles,
  operator,
  node,
  nodeSwitch,
  version,
}: ObserverSources): StatusResponseInput {
  const { phase, since, lastError, failedAttempts, operatorVersion, changesApplied, changesRefused } = operator.state();
  const { config, maps } = datapath;
  const sweeper = maps.sweeper.get(0);
  const counters = [...datapath.counters()];
  const swept = counters.filter(([name]) => name.startsWith('SWEPT_')).reduce((sum, [, count]) => sum + count, 0n);
  const lastRun = sweeper === undefined ? 0n : (datapath.now() - sweeper.last) / NS_PER_MS;
  return {
    agentVersion: version,
    node,
    uptimeMs: BigInt(Math.round(process.uptime() * 1000)),
    operator: {
      address: operator.address,
      phase: PHASES[phase],
      sinceMs: BigInt(Math.max(0, Math.round(performance.now() - since))),
      lastError,
      failedAttempts,
      operatorVersion,
      changesApplied: BigInt(changesApplied),
      changesRefused: BigInt(changesRefused),
    },
    nodeSwitch: config.nodeSwitch as 0 | 1 | 2,
    switchedByHand: nodeSwitch.override !== undefined,
    counts: reasonCounts(datapath),
    maps: mapFill(datapath).map(({ name, entries, maxEntries, bytes }) => ({
      name,
      entries: BigInt(entries),
      maxEntries: BigInt(maxEntries),
      bytes: BigInt(bytes),
    })),
    sweeper: { running: (sweeper?.runs ?? 0n) > 0n, lastRunMs: lastRun < 0n ? 0n : lastRun, swept },
    endpoints: endpoints.attached().size,
    rulesets: rulesets.size,
    selectors: handles.size,
    namesVersion: config.namesVersion,
    ...outlivingFlows(datapath),
  };
}

function reasonCounts({ maps }: PinnedDatapath): { number: number; reason: string; count: bigint }[] {
  return [...maps.counters.entries()]
    .map(([number, perCpu]) => ({ number, reason: reasonName(number), count: perCpu.reduce((a, b) => a + b, 0n) }))
    .filter(({ count }) => count > 0n);
}

function endpointStatus(sources: ObserverSources, who: Who): EndpointStatusInput {
  const { datapath, endpoints, enforcer, rulesets } = sources;
  const { number, uid } = who;
  const desired = endpoints.desired(uid);
  const state = endpoints.stateOf(uid);
  const pod = endpoints.attached().get(uid);
  const id = pod === undefined ? '' : (rulesets.idOf(pod.ruleset) ?? '');
  const usage = number === 0 ? undefined : datapath.maps.usage.get(number & (datapath.sizes.endpoints - 1));
  return {
    uid,
    namespace: who.namespace,
    name: who.name,
    number,
    ruleset: id,
    phase: state?.phase ?? EndpointPhase.ENDPOINT_PHASE_UNSPECIFIED,
    reason: state?.reason ?? 'Adopted',
    message: state?.message ?? 'pinned by an earlier agent; the operator has not spoken yet',
    hooks: state?.hooks ?? [],
    usage: usage ?? null,
    counts: number === 0 ? null : datapath.endpointCounts(number),
    addresses: desired?.addresses ?? [],
    policies: enforcer.state.rulesets.get(id)?.policies ?? [],
  };
}

function* everyone({ endpoints }: ObserverSources): Generator<Who> {
  const attached = endpoints.attached();
  for (const [uid, pod] of attached) yield whoIs(uid, pod);
  for (const { uid } of endpoints.states()) {
    const desired = endpoints.desired(uid);
    if (desired === undefined || attached.has(uid)) continue;
    yield { uid, namespace: desired.namespace, name: desired.name, number: 0 };
  }
}

function* names(
  sources: ObserverSources,
  wanted: (who: Who) => boolean,
  selector: string,
  address: Uint8Array,
): Generator<LearnedNameInput> {
  const { datapath, handles, endpoints } = sources;
  const who = new Map([...endpoints.attached()].map(([uid, pod]) => [pod.endpoint, whoIs(uid, pod)]));
  const now = datapath.now();
  const sought = address.length === 0 ? undefined : Buffer.from(address);
  for (const fact of learnedFacts(datapath.maps, datapath.sizes)) {
    const pod = who.get(fact.endpoint);
    const canonical = handles.selectorOf(fact.handle) ?? '';
    const identity = canonical === '' ? '' : Buffer.from(identityOf(parseCanonical(canonical))).toString('hex');
    if (pod === undefined || !wanted(pod) || (sought !== undefined && !sought.equals(fact.address))) continue;
    if (selector !== '' && selector !== canonical && !identity.startsWith(selector)) continue;
    yield {
      uid: pod.uid,
      namespace: pod.namespace,
      pod: pod.name,
      endpoint: fact.endpoint,
      selector: canonical,
      identity,
      name: nameOf(fact.name),
      address: fact.address,
      expiresInMs: (fact.expires - now) / NS_PER_MS,
    };
  }
}

function explainSources({ datapath, enforcer, rulesets, handles }: ObserverSources): Sources {
  const rules = new RulesByNumber(enforcer, rulesets, datapath);
  return {
    datapath,
    rules: (number) => rules.get(number),
    recentRecords: (endpoint) => recentRecords(datapath.maps, endpoint, datapath.sizes),
    selectorOf: (handle) => (handle === 0 ? undefined : handles.selectorOf(handle)),
  };
}

/** For the events of one batch: a flood asks the same pods' answers again and again. */
function remembering(sources: Sources): Sources {
  const records = new Map<number, readonly Uint8Array[]>();
  return {
    ...sources,
    recentRecords(endpoint) {
      const known = records.get(endpoint) ?? sources.recentRecords(endpoint);
      records.set(endpoint, known);
      return known;
    },
  };
}

function eventContext({ datapath, endpoints }: ObserverSources, sources: Sources): EventContext {
  return {
    pod(endpoint) {
      const found = endpoints.byNumber(endpoint);
      return found === undefined ? undefined : { uid: found.uid, namespace: found.pod.namespace, name: found.pod.name };
    },
    rulesetId: (ruleset) => sources.rules(ruleset)?.id,
    selectorOf: sources.selectorOf,
    recentName: (endpoint, hash) => recentName(datapath.maps, endpoint, hash, datapath.sizes),
    explain: (event) => explainEvent(event, sources),
    epoch: BigInt(Date.now()) * NS_PER_MS - datapath.now(),
  };
}

export function observerHandlers(sources: ObserverSources): ObserverHandlers {
  const explaining = explainSources(sources);
  return {
    explain: (request) => explain(request, explaining),
    status: () => status(sources),
    *endpoints({ filter }) {
      const wanted = endpointFilter(filter);
      for (const who of everyone(sources)) if (wanted(who)) yield endpointStatus(sources, who);
    },
    names: ({ filter, selector, address }) => names(sources, endpointFilter(filter), selector, address),
    async *observe(request, signal) {
      const wanted = eventFilter(request);
      for await (const { items, lost } of sources.hub.listen(signal)) {
        const context = eventContext(sources, remembering(explaining));
        let missed = lost;
        for (const [at, item] of items.entries()) {
          if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
          const event = describeEvent(item, context, missed);
          if (!wanted(event)) continue;
          missed = 0;
          yield event;
        }
      }
    },
  };
}
