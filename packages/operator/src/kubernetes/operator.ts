import doti, { type ResourceEvent, ResourceEventType, ResourceMetaImpl } from '@dot-i/k8s-operator';
import { KubeConfig } from '@kubernetes/client-node';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { KubeHttp } from './http.ts';
import { type ApiObject, type Followed, keyOf, listWatch } from './list-watch.ts';

export interface KubernetesOperatorOptions {
  readonly config: KubeConfig;
  readonly http: KubeHttp;
  readonly log: Log;
}

/** The library's, whose type it keeps to itself: one event at a time, of all resources. */
interface EventQueue {
  push(task: { readonly event: ResourceEvent; readonly onEvent: (event: ResourceEvent) => Promise<void> }): unknown;
}

/**
 * The library's operator without what ends the process: its watch starts with no list, loses what is deleted during a
 * gap, and exits on a refused connection or an HTTP error; its stop exits too. Both are replaced. What it would write
 * (definitions, statuses, finalizers) is refused: we write by server-side apply, and need no finalizer.
 */
export abstract class KubernetesOperator extends doti.default {
  protected readonly http: KubeHttp;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #watches: Promise<void>[] = [];

  constructor({ config, http, log }: KubernetesOperatorOptions) {
    const restore = insteadOfDefault(config);
    super({
      debug: (text) => log.debug('k8s-operator', { text }),
      info: (text) => log.info('k8s-operator', { text }),
      warn: (text) => log.warn('k8s-operator', { text }),
      error: (text) => log.error('k8s-operator', { text }),
    });
    restore();
    this.kubeConfig = config;
    this.http = http;
    this.#log = log;
  }

  /**
   * Events in order, one at a time, until {@link stop}: all that is there now, then each change. Survives everything
   * that a server or a path to it can do.
   * @returns when the first list is complete and handed over.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const path = `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const metas = new Map<string, ResourceEvent['meta']>();
    const tell = (event: ResourceEvent): void => {
      const { name, namespace: where } = event.meta;
      const guarded = (one: ResourceEvent) =>
        onEvent(one).catch((error: unknown) => {
          this.#log.error('object not taken in', { plural, namespace: where, name, error: messageOf(error) });
        });
      (this['eventQueue'] as EventQueue).push({ event, onEvent: guarded });
    };
    const set = (object: ApiObject): void => {
      const key = keyOf(object);
      const whole = { apiVersion, kind: plural, ...object };
      const meta = ResourceMetaImpl.createWithPlural(plural, whole);
      const type = metas.has(key) ? ResourceEventType.Modified : ResourceEventType.Added;
      metas.set(key, meta);
      tell({ meta, type, object: whole });
    };
    const gone = (key: string): void => {
      const meta = metas.get(key);
      if (meta === undefined) return;
      metas.delete(key);
      const { name, namespace: where } = meta;
      const metadata = { name, ...(where !== undefined && { namespace: where }) };
      tell({ meta, type: ResourceEventType.Deleted, object: { apiVersion, kind: plural, metadata } });
    };
    await this.follow({ path, handler: { set, delete: gone, listed: () => undefined } });
  }

  /** The same without an event for each: for resources of many objects. @returns when the first list is complete */
  protected async follow({ path, query = {}, handler, optional = false }: Followed): Promise<void> {
    const { promise: listed, resolve } = Promise.withResolvers<void>();
    const watched = {
      set: (object: ApiObject, key: string) => handler.set(object, key),
      delete: (key: string) => handler.delete(key),
      listed: () => {
        handler.listed();
        resolve();
      },
    };
    const onProblem = (problem: string, wait: number, failures: number): void => {
      this.#log[failures === 1 ? 'warn' : 'debug']('watch interrupted', { path, problem, wait, failures });
    };
    const ended = listWatch({ http: this.http, path, query, optional, handler: watched, onProblem }, this.#stop.signal);
    this.#watches.push(ended);
    await Promise.race([listed, ended]);
  }

  /** Ends all watches; {@link stopped} says when they have ended. */
  override stop(): void {
    this.#stop.abort();
  }

  async stopped(): Promise<void> {
    await Promise.all(this.#watches);
  }

  protected override registerCustomResourceDefinition(): never {
    return refuse('install the definitions with the chart');
  }

  protected override setResourceStatus(): never {
    return refuse('apply the status');
  }

  protected override patchResourceStatus(): never {
    return refuse('apply the status');
  }

  protected override setResourceFinalizers(): never {
    return refuse('nothing of ours needs one');
  }
}

function refuse(instead: string): never {
  throw new Error(`the library's own writes lose what others wrote; ${instead}`);
}

/**
 * The library looks for a kubeconfig as soon as it is made, and fails where $KUBECONFIG or the one at home is broken,
 * though we were given another. @returns what undoes it
 */
function insteadOfDefault({ clusters, users, contexts, currentContext }: KubeConfig): () => void {
  const look = Object.getOwnPropertyDescriptor(KubeConfig.prototype, 'loadFromDefault');
  KubeConfig.prototype.loadFromDefault = function () {
    this.loadFromOptions({ clusters, users, contexts, currentContext });
  };
  return () => {
    if (look !== undefined) Object.defineProperty(KubeConfig.prototype, 'loadFromDefault', look);
  };
}
