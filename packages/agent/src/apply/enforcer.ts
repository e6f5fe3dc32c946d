/** Applies changes: config, rulesets, index, back-fill, endpoints, removals; each whole or not at all. */
import { type Apply, type ApplyResult, type Change, type ResourceProblem, ResourceType } from '@namewall/protocol';
import type { SwitchOverride } from '@namewall/datapath';
import type { Log, Traces } from '@namewall/telemetry';
import type { Endpoints } from '../endpoints/manager.ts';
import { messageOf } from '../errors.ts';
import { type DesiredState, EMPTY_STATE, advance } from '../state/state.ts';
import { type Collected, collect } from './collect.ts';
import type { Kernel } from './context.ts';
import { FormerRulesets } from './former.ts';
import type { Handles } from './handles.ts';
import type { NameIndex } from './index.ts';
import { writeNodeConfig, writeSwitch } from './node.ts';
import type { Rulesets } from './rulesets.ts';
import { type Move, moveEndpoints } from './switch.ts';

export interface EnforcerOptions {
  readonly kernel: Kernel;
  readonly handles: Handles;
  readonly rulesets: Rulesets;
  readonly index: NameIndex;
  readonly endpoints: Endpoints;
  readonly log: Log;
  /** This node's own word on its switch; it counts over the operator's. */
  readonly override: () => SwitchOverride | undefined;
  /** Keeps an applied state; what it throws is logged, the kernel enforces it all the same. */
  readonly save: (state: DesiredState) => void;
  /** Resolves when packets that were in flight at the call have been decided. */
  readonly grace: () => Promise<void>;
  /** Called after a change that may have left something to {@link Enforcer.collect}. */
  readonly onUnused: () => void;
  readonly traces?: Traces;
}

type Step = 'config' | 'rulesets' | 'index' | 'endpoints';

/** Which resource a step's failure is reported for, and what people can do about it. */
const FAILURES: Readonly<Record<Step, { readonly type: ResourceType; readonly reason: string; readonly fix: string }>> =
  {
    config: {
      type: ResourceType.RESOURCE_TYPE_NODE_CONFIG,
      reason: 'ConfigNotWritten',
      fix: 'fewer resolvers or ranges, or larger maps',
    },
    rulesets: {
      type: ResourceType.RESOURCE_TYPE_RULESET,
      reason: 'RulesetNotWritten',
      fix: 'fewer selectors, or larger maps',
    },
    index: {
      type: ResourceType.RESOURCE_TYPE_RULESET,
      reason: 'IndexNotWritten',
      fix: 'fewer selectors, or a larger name index',
    },
    endpoints: { type: ResourceType.RESOURCE_TYPE_ENDPOINT, reason: 'EndpointNotSwitched', fix: 'see the agent’s log' },
  };

export class Enforcer {
  readonly #options: EnforcerOptions;
  /** Those that the last changes took away. */
  readonly former = new FormerRulesets();
  /** Called when the configuration that is enforced is another one. */
  onConfig: () => void = () => undefined;
  #state: DesiredState = EMPTY_STATE;
  #garbage = true;

  constructor(options: EnforcerOptions) {
    this.#options = options;
  }

  get state(): DesiredState {
    return this.#state;
  }

  /** For PolicyClient. */
  readonly apply: Apply = async (change: Change, signal: AbortSignal): Promise<ApplyResult> => {
    const { traceparent } = change;
    const span = this.#options.traces?.start('apply', { parent: traceparent });
    const next = advance(this.#state, change);
    const result = next.ok ? await this.enforce(next.state, signal, span?.traceparent) : next;
    span?.end({ ok: result.ok, upserts: change.upserts.length, removals: change.removals.length });
    if (!result.ok) {
      for (const { type, name, reason, message } of result.errors.slice(0, 8)) {
        this.#options.log.error('change refused', { type, name, reason, problem: message });
      }
    }
    return result.ok ? { ok: true } : { ok: false, errors: result.errors };
  };

  /** The node's own word on its switch is another one. */
  applySwitch(): void {
    const { kernel, override } = this.#options;
    writeSwitch(kernel.maps, this.#state.config, kernel.defaults, override());
  }

  /** Makes the kernel enforce a state. On failure what was enforced before still is, and {@link state} stays. */
  async enforce(next: DesiredState, signal: AbortSignal, traceparent = ''): Promise<ApplyResult> {
    const started = performance.now();
    const { kernel, rulesets, index, endpoints, log, traces } = this.#options;
    const added = new Map([...next.rulesets].filter(([id]) => rulesets.numberOf(id) === undefined));
    let step: Step = 'config';
    try {
      writeNodeConfig(kernel.maps, next.config, kernel.defaults, this.#options.override());
      step = 'rulesets';
      if (!rulesets.fits(added, kernel.sizes)) await this.#makeRoom(next);
      rulesets.add(added);
      step = 'index';
      const swapped = index.sync();
      step = 'endpoints';
      const moved = moveEndpoints(kernel, endpoints, this.#options.handles, this.#moves(next));
      this.#keepFormer(next);
      const configured = next.config !== this.#state.config;
      this.#state = next;
      if (configured) this.onConfig();
      if (traceparent !== '') traces?.start('map writes', { parent: traceparent, since: started }).end();
      const ms = Math.round(performance.now() - started);
      log.info('change applied', {
        ms,
        traceparent,
        rulesetsAdded: added.size,
        indexSwapped: swapped,
        ...movedFields(moved),
      });
    } catch (error) {
      this.#undo(added.keys());
      return { ok: false, errors: problems(step, added.keys(), error) };
    }
    await this.#follow(signal);
    return { ok: true };
  }

  /** Pods that came and went. What fails here is tried again by the next reconcile; the change stands. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { endpoints, log, onUnused } = this.#options;
    try {
      endpoints.want(this.#state.endpoints);
      await endpoints.reconcile(signal);
    } catch (error) {
      log.error('endpoints not brought up to date, tried again soon', { error: messageOf(error) });
    }
    this.#save();
    onUnused();
  }

  /** Many edits in a row: what the last one left goes before its time, as soon as no packet can carry it. */
  async #makeRoom(next: DesiredState): Promise<void> {
    await this.#options.grace();
    this.collect(next);
  }

  /** Removes what nothing refers to. Not at once after a switch: a packet in flight may still carry the old number. */
  collect(wanted: DesiredState = this.#state): Collected {
    const { kernel, handles, rulesets, endpoints } = this.#options;
    if (this.#garbage) rulesets.removeGarbage();
    this.#garbage = false;
    const inForce = new Set([...endpoints.attached().values()].map(({ ruleset }) => ruleset));
    return collect(
      kernel,
      handles,
      rulesets,
      new Set([...wanted.rulesets.keys(), ...this.#state.rulesets.keys()]),
      inForce,
    );
  }

  #keepFormer(next: DesiredState): void {
    for (const [id, ruleset] of this.#state.rulesets) {
      const number = this.#options.rulesets.numberOf(id);
      if (number !== undefined && !next.rulesets.has(id)) this.former.keep(number, { id, ruleset });
    }
  }

  #moves(next: DesiredState): Move[] {
    const { rulesets, endpoints } = this.#options;
    const moves: Move[] = [];
    for (const [uid, { endpoint, ruleset: from }] of endpoints.attached()) {
      const id = next.endpoints.get(uid)?.ruleset;
      if (id === undefined) continue;
      const to = id === '' ? 0 : (rulesets.numberOf(id) ?? 0);
      if (to !== from) moves.push({ uid, endpoint, from, to, ruleset: next.rulesets.get(id) });
    }
    return moves;
  }

  #save(): void {
    try {
      this.#options.save(this.#state);
    } catch (error) {
      this.#options.log.error('snapshot not written', {
        error: messageOf(error),
        fix: 'make room in the state directory',
      });
    }
  }

  /** Puts the former config back and drops what the change added; rows that cannot be reached are swept later. */
  #undo(added: Iterable<string>): void {
    const { kernel, rulesets, log } = this.#options;
    this.#garbage = true;
    try {
      writeNodeConfig(kernel.maps, this.#state.config, kernel.defaults, this.#options.override());
      rulesets.remove([...added].filter((id) => !this.#state.rulesets.has(id)));
      this.#options.index.sync();
      this.collect();
    } catch (error) {
      log.error('a refused change left entries behind', { error: messageOf(error) });
    }
  }
}

function movedFields({
  endpoints,
  learned,
  refused,
  questions,
}: ReturnType<typeof moveEndpoints>): Record<string, number> {
  return { endpointsSwitched: endpoints, backfilled: learned, backfillRefused: refused, questionsExtended: questions };
}

function problems(step: Step, added: Iterable<string>, error: unknown): ResourceProblem[] {
  const { type, reason, fix } = FAILURES[step];
  const names = type === ResourceType.RESOURCE_TYPE_RULESET ? [...added] : [''];
  const name = type === ResourceType.RESOURCE_TYPE_NODE_CONFIG ? 'node' : undefined;
  return names.map((one) => ({ type, name: name ?? one, reason, message: `${messageOf(error)}; ${fix}` }));
}
