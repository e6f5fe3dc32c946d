import { PolicyServer, type StreamEvent } from '@namewall/protocol';
import { type Log, NO_TRACES, type Traces } from '@namewall/telemetry';
import { LocalNodeViews } from './nodes/local-node-views.ts';
import type { NodeViews } from './nodes/node-views.ts';
import { type Leading, Replicas } from './nodes/replicas.ts';
import { DeltaSpans } from './reconcile/delta-spans.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import type { Security } from './security/start.ts';
import type { Source } from './source/source.ts';
import { type OperatorStatus, statusOf } from './status.ts';

export interface OperatorOptions {
  readonly source: Source;
  /** `unix:/run/namewall/operator.sock` or, with `security`, `tls:HOST:PORT` */
  readonly listen: string;
  readonly security?: Security | undefined;
  readonly node: string;
  readonly version: string;
  readonly log: Log;
  /** Told the seconds that each state of the source took. */
  readonly onReconciled?: (seconds: number) => void;
  readonly traces?: Traces;
}

export interface RunningOperator {
  status(): OperatorStatus;
  /** Where it listens with TLS; else 0. */
  readonly port: number;
  /** Of our own agents, and while we lead of those of other replicas. */
  readonly nodes: NodeViews;
  /** What is in force. */
  readonly compiled: Reconciler['compiled'];
  /** Calls whenever something that policies' statuses follow from may be another one. */
  onChange(listener: () => void): () => void;
  /** To be told who leads: it is told of our agents, or, if it is us, others tell us of theirs. */
  follow(leader: Leading | undefined): void;
  /** Settles when the signal has aborted and everything is closed. */
  readonly stopped: Promise<void>;
}

/**
 * Serves what the source says until the signal aborts.
 * @throws OperatorError, ProtocolError: why it cannot start.
 */
export async function startOperator(options: OperatorOptions, signal: AbortSignal): Promise<RunningOperator> {
  const { source, listen, security, node, version, log } = options;
  const replicas = security && new Replicas(security.identity, security.tls.identity, log);
  const local = replicas?.local ?? new LocalNodeViews();
  const nodes = replicas?.all ?? local;
  const { traces = NO_TRACES } = options;
  const deltas = new DeltaSpans(traces);
  const server = new PolicyServer({
    operatorVersion: version,
    ...(security && {
      tls: {
        ...security.tls,
        addServices(known, strangers, peerOf) {
          replicas?.addServices(known, peerOf);
          replicas?.addAdmin(strangers, peerOf, version, security.authorize);
        },
      },
    }),
    ...local.feed,
    onEvent(event) {
      local.feed.onEvent(event);
      logStream(log, event);
      if (event.kind === 'acked' || event.kind === 'refused') deltas.ended(event);
    },
  });
  const reconciler = new Reconciler({
    node,
    log,
    traces,
    publish(to, change, traceparent) {
      deltas.began(traceparent);
      server.changeNode(to, change, traceparent);
    },
    withdraw(from) {
      server.removeNode(from);
      local.forget(from);
      replicas?.all.forget(from);
    },
  });
  const changes = new Changes();
  nodes.onChange(() => changes.tell());
  const stopping = new AbortController();
  const ended = AbortSignal.any([signal, stopping.signal]);
  let port = 0;
  try {
    port = await server.listen(listen);
    void security?.run((identity) => {
      server.replaceIdentity(identity);
      replicas?.replaceIdentity(identity);
    }, ended);
    log.info('listening', { address: listen, node, version });
    await source.start((state, since) => {
      const began = performance.now();
      reconciler.reconcile(state, since);
      options.onReconciled?.((performance.now() - began) / 1000);
      changes.tell();
    }, ended);
  } catch (error) {
    stopping.abort();
    await server.close();
    throw error;
  }
  ended.addEventListener('abort', () => replicas?.follow(undefined), { once: true });
  return {
    port,
    nodes,
    compiled: reconciler.compiled,
    onChange: (listener) => changes.listen(listener),
    follow: (leader) => replicas?.follow(leader),
    status: () => statusOf(source, reconciler, server, nodes),
    stopped: closeWhen(signal, server, log),
  };
}

class Changes {
  readonly #listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function closeWhen(signal: AbortSignal, server: PolicyServer, log: Log): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  await server.close();
  log.info('stopped');
}

function logStream(log: Log, event: StreamEvent): void {
  const { kind, ...fields } = event;
  if (kind === 'connected') log.info('agent connected', fields);
  else if (kind === 'disconnected') log.info('agent disconnected', fields);
  else if (kind === 'refused') log.error('agent refused a change', fields);
  // One of each node for each change: what a policy's nodes have is in its status.
  else if (event.upserts + event.removals > 0) log.debug('agent enforces the change', fields);
  else log.info('agent holds everything', fields);
}
