/** The agent as a whole: adopts what is pinned, applies the snapshot, follows the operator, answers on its socket. */
import { flushCompileCache } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { type Datapath, findCable, watchEvents } from '@namewall/datapath';
import {
  type AgentCredentials,
  PolicyClient,
  type PolicyClientState,
  UnknownPods,
  serveObserver,
} from '@namewall/protocol';
import type { Log, Traces } from '@namewall/telemetry';
import type { PluginEntry } from '@namewall/cni';
import { privileged } from '@namewall/privileged';
import { Enforcer } from './apply/enforcer.ts';
import { Handles } from './apply/handles.ts';
import { NameIndex } from './apply/index.ts';
import { updateConfig } from './apply/node.ts';
import { Rulesets } from './apply/rulesets.ts';
import { slotIn } from './apply/context.ts';
import { locate, namespacesWith } from './endpoints/locate.ts';
import { Endpoints } from './endpoints/manager.ts';
import { AgentError, messageOf } from './errors.ts';
import { ifnameOf } from './node/interfaces.ts';
import { kernelOf } from './node/kernel.ts';
import { releaseMemory } from './node/memory.ts';
import { CniChain, type CniFlags } from './node/cni-chain.ts';
import { MissedPods } from './node/cni-missed.ts';
import { LinkWatch } from './node/link-watch.ts';
import { Periodic } from './node/periodic.ts';
import { NodeSwitch } from './node/switch.ts';
import { observerHandlers } from './observe/handlers.ts';
import { EventHub } from './observe/hub.ts';
import { loadSnapshot, saveSnapshot } from './snapshot/file.ts';
import { EMPTY_STATE, advance } from './state/state.ts';

export interface AgentOptions {
  readonly datapath: Datapath;
  readonly log: Log;
  readonly operator: string;
  /** For `tls:`. */
  readonly credentials?: AgentCredentials | undefined;
  readonly node: string;
  /** Search suffixes of the node's own resolv.conf. */
  readonly nodeSearch: readonly string[];
  readonly version: string;
  readonly stateDir: string;
  /** Path of the observer's Unix socket. */
  readonly socket: string;
  /** Told once what was enforced before is enforced again. */
  readonly onReady?: (agent: RunningAgent) => void;
  readonly traces?: Traces;
  /** Where the CNI plugin is to be chained, and what it is told. */
  readonly cni?: (CniFlags & Omit<PluginEntry, 'unknownPods'>) | undefined;
}

/** What of a running agent can be counted. */
export interface RunningAgent {
  readonly datapath: Datapath;
  readonly endpoints: Endpoints;
  readonly policy: () => PolicyClientState;
  /** Pods that the CNI plugin left without hooks. */
  readonly missed: () => number;
}

/** Milliseconds between two looks at the endpoints. */
const RECONCILE = 1000;
/** Milliseconds after a change before what it left unused is removed. */
const COLLECT = 1000;
/** Milliseconds without a change after which memory is given back: that stops everything for some time. */
const QUIET = 900;
/** Milliseconds after which no packet carries a ruleset's number any more: programs run for microseconds. */
const GRACE = 50;

/**
 * Runs until the signal aborts. Everything stays pinned and attached then.
 * @throws {AgentError} SOCKET, PRIVILEGED
 */
export async function runAgent(options: AgentOptions, stop: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const { datapath, log, node, version } = options;
  await using cleanup = new AsyncDisposableStack();
  // The snapshot is applied before there is anybody to report to.
  const stream: { client?: PolicyClient } = {};
  const enforcement = compose(options, cleanup, () => stream.client);
  const { enforcer, endpoints } = enforcement;
  datapath.startSweeper();
  await restore(options, enforcer, signal);
  if (enforcement.nodeSwitch.override !== undefined) enforcer.applySwitch();

  const hub = new EventHub((listeners) => setListeners(datapath, listeners));
  setListeners(datapath, 0);
  // Once what it needs is pinned.
  if (options.cni !== undefined) chainCni(options.cni, log, enforcement, cleanup);
  const missed = new MissedPods(datapath.root, log);
  cleanup.use(
    watchEvents(
      datapath.maps,
      (event) => hub.publish(event),
      (error) => log.warn('event not read', { error: messageOf(error) }),
    ),
  );

  const policy = new PolicyClient({
    address: options.operator,
    ...(options.credentials && { credentials: options.credentials }),
    node,
    agentVersion: version,
    held: enforcer.state.resources.values(),
    apply: enforcer.apply,
    onState: connectionLog(log),
  });
  stream.client = policy;
  policy.reportEndpoints(endpoints.states());
  const operator = { address: options.operator, state: () => policy.state };
  const handlers = observerHandlers({ ...enforcement, datapath, hub, node, version, operator });
  cleanup.defer(await serve(options.socket, handlers));
  const look = async (): Promise<void> => {
    await endpoints.reconcile(signal);
    if (isAlone()) failed.abort();
    missed.look();
  };
  const reconcile = cleanup.use(new Periodic(RECONCILE, log, 'reconcile', look)).start();
  const changed = (): void => {
    endpoints.forgetChains();
    reconcile.soon();
  };
  cleanup.use(new LinkWatch(log, changed));
  const switched = enforcement.nodeSwitch.watch(() => {
    enforcer.applySwitch();
    reconcile.soon();
  });
  cleanup.defer(switched);
  options.onReady?.({ datapath, endpoints, policy: () => policy.state, missed: () => missed.count });
  log.info('agent ready', { node, adopted: datapath.adopted, endpoints: endpoints.attached().size });
  await policy.run(signal);
  setListeners(datapath, 0);
  log.info('agent stopped; everything stays pinned and enforced', {});
  if (failed.signal.aborted) {
    throw new AgentError(
      'PRIVILEGED',
      'the process that enters network namespaces has ended; what is enforced stays',
      'start the agent again; in a cluster the kubelet does',
    );
  }
}

/** No network namespace can be entered any more, and no other such process be had. */
function isAlone(): boolean {
  try {
    privileged().held();
  } catch {
    return privileged().isLost;
  }
  return false;
}

interface Enforcement {
  readonly enforcer: Enforcer;
  readonly endpoints: Endpoints;
  readonly handles: Handles;
  readonly rulesets: Rulesets;
  readonly nodeSwitch: NodeSwitch;
}

/** What applies changes to the kernel, with its collector, which `cleanup` ends. */
function compose(
  { datapath, log, stateDir, nodeSearch, traces }: AgentOptions,
  cleanup: AsyncDisposableStack,
  client: () => PolicyClient | undefined,
): Enforcement {
  const kernel = kernelOf(datapath);
  const handles = new Handles(datapath.maps.identities, () => kernel.allocate('handle'));
  const slotOf = slotIn(datapath.sizes.rulesets);
  const rulesets = new Rulesets(datapath.maps, handles, () => kernel.allocate('ruleset'), slotOf);
  const nodeSwitch = new NodeSwitch(stateDir, log);
  const endpoints = new Endpoints({
    kernel,
    log,
    findCable,
    redirected: (netns, podIfindex, hostIfindex) => privileged().redirected(netns, podIfindex, hostIfindex),
    ifname: ifnameOf,
    nodeSearch,
    locate: (endpoint, isTaken) => locate(endpoint, namespacesWith, isTaken),
    rulesetNumber: (id) => rulesets.numberOf(id) ?? 0,
    onStates: (states) => client()?.reportEndpoints(states),
    override: () => nodeSwitch.override,
    onGone: (uid) => client()?.forgetEndpoint(uid),
  });
  const enforcer: Enforcer = new Enforcer({
    kernel,
    handles,
    rulesets,
    endpoints,
    log,
    index: new NameIndex(kernel, handles, rulesets),
    override: () => nodeSwitch.override,
    ...(traces && { traces }),
    save: (state) => saveSnapshot(stateDir, state.resources.values()),
    grace: () => setTimeout(GRACE),
    onUnused: () => {
      changed = performance.now();
      collector.once();
    },
  });
  let changed = 0;
  const collector: Periodic = cleanup.use(
    new Periodic(COLLECT, log, 'collect', (): void => {
      const { rulesets: gone, handles: freed } = enforcer.collect();
      if (gone > 0 || freed > 0) log.info('unused entries removed', { rulesets: gone, handles: freed });
      if (performance.now() - changed < QUIET) {
        collector.once();
        return;
      }
      // By now all code is loaded; a kill would lose what is only in memory.
      flushCompileCache();
      releaseMemory();
    }),
  );
  return { enforcer, endpoints, handles, rulesets, nodeSwitch };
}

function chainCni(
  { pinRoot, hook, ...flags }: NonNullable<AgentOptions['cni']>,
  log: Log,
  { enforcer, endpoints }: Enforcement,
  cleanup: AsyncDisposableStack,
): void {
  const entry = (): PluginEntry | undefined => {
    const { config } = enforcer.state;
    if (config === undefined) return undefined;
    const quarantine = config.unknownPods === UnknownPods.UNKNOWN_PODS_QUARANTINE;
    const inward = endpoints.inbound === 'pod' ? ({ inbound: 'Pod' } as const) : {};
    return { pinRoot, unknownPods: quarantine ? 'Quarantine' : 'Open', hook, ...inward };
  };
  const cni = cleanup.use(new CniChain({ ...flags, log, entry }).start());
  // Before the change counts as applied: from then on it is what pods come up to.
  enforcer.onConfig = () => cni.look();
}

/** Tells the programs whether anybody reads events. */
function setListeners(datapath: Datapath, listeners: number): void {
  updateConfig(datapath.maps, (held) => ({ ...held, listeners }));
}

/** A line when the connection stands and when it is lost, not one for each attempt. */
function connectionLog(log: Log): (state: PolicyClientState) => void {
  let said = '';
  return ({ phase, lastError }) => {
    const line = phase === 'synced' ? phase : phase === 'waiting' ? lastError : said;
    if (line === said) return;
    said = line;
    if (phase === 'synced') log.info('operator in sync', {});
    else log.warn('operator not reachable; what is enforced stays, tried again until it is', { error: lastError });
  };
}

/** Applies the snapshot before the operator is asked. With none, or a corrupt one, the pins go on as they are. */
async function restore({ stateDir, log }: AgentOptions, enforcer: Enforcer, signal: AbortSignal): Promise<void> {
  const loaded = loadSnapshot(stateDir);
  if (loaded.kind === 'none') return;
  if (loaded.kind === 'corrupt') {
    const { path, reason } = loaded;
    log.error('snapshot ignored: it is corrupt; the pins go on enforcing and the operator sends everything anew', {
      path,
      reason,
    });
    return;
  }
  const next = advance(EMPTY_STATE, { upserts: loaded.resources, removals: [] });
  const result = next.ok ? await enforcer.enforce(next.state, signal) : next;
  if (result.ok) log.info('snapshot applied', { resources: loaded.resources.length });
  else log.error('snapshot not applied; the pins go on enforcing', { errors: result.errors.slice(0, 8) });
}

async function serve(socket: string, handlers: ReturnType<typeof observerHandlers>): Promise<() => Promise<void>> {
  try {
    return await serveObserver(`unix:${socket}`, handlers);
  } catch (cause) {
    throw new AgentError('SOCKET', `cannot listen at ${socket}: ${messageOf(cause)}`, 'give another --socket', {
      cause,
    });
  }
}
