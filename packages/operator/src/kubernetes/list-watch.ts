import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { KubeError, hasStatus } from './api.ts';
import type { KubeHttp } from './http.ts';

/** What every object has; the rest is the projection's to read. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** What happens to one resource's objects, in order. */
export interface ObjectHandler {
  /** New or changed. Of another one of the name than before the deletion came first. @param key `namespace/name` */
  set(object: ApiObject, key: string): void;
  /** Gone. @param key `namespace/name`; `/name` of what has no namespace */
  delete(key: string): void;
  /** A first or a later list is complete: what it did not have is deleted by now. */
  listed(): void;
}

export function keyOf({ metadata: { namespace = '', name } }: Pick<ApiObject, 'metadata'>): string {
  return `${namespace}/${name}`;
}

/** One resource to follow. */
export interface Followed {
  /** From the root: `/api/v1/pods` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly handler: ObjectHandler;
  /** Not every API server has it: where it is not found it counts as empty. */
  readonly optional?: boolean;
}

export interface ListWatchOptions extends Followed {
  readonly http: Pick<KubeHttp, 'request' | 'lines'>;
  /** Told why it has to begin anew, the milliseconds that it waits, and the failures in a row. */
  readonly onProblem: (problem: string, wait: number, failures: number) => void;
  /** Between 0 and 1; default Math.random. */
  readonly random?: () => number;
}

/** Objects in one answer to a list. */
const PAGE = '500';
/** Seconds after which the server ends a quiet watch; it sends a bookmark about once a minute and before it ends. */
const WATCH_SECONDS = 290;
/** Milliseconds without an octet, not even a bookmark, after which the connection counts as broken. */
const IDLE = 150_000;
/** Milliseconds: a watch that ends sooner does so for no good reason, and asking again at once would be a load. */
const SHORTEST_WATCH = 1000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 30_000;
/** Milliseconds until what an API server does not have is asked for again: it may be upgraded. */
const ABSENT_WAIT = 300_000;

/**
 * Keeps a handler up to date with one resource until the signal aborts: a list in pages, then watches from where it
 * ended, over bookmarks; lists again where the server no longer knows what came since (410), and waits longer from
 * failure to failure. Never throws.
 */
export async function listWatch(options: ListWatchOptions, signal: AbortSignal): Promise<void> {
  await new ListWatch(options, signal).run();
}

/** What a handler was told last of an object. */
interface Told {
  readonly uid: string;
  readonly version: string;
  /** The list that had it. */
  list: number;
}

class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Told>();
  #lists = 0;
  #complete = false;
  /** From which to watch; '' = list first. */
  #version = '';
  #failures = 0;
  /** The last list whose version was gone before anything came of it. */
  #expired = -1;

  constructor(options: ListWatchOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        if (this.#version === '') this.#version = await this.#list();
        await this.#watch();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    const { handler, onProblem, optional = false, random = Math.random } = this.#options;
    if (this.#signal.aborted) return;
    if (optional && this.#version === '' && hasStatus(error, 404)) {
      handler.listed();
      await this.#delay(ABSENT_WAIT);
      return;
    }
    const gone = hasStatus(error, 410);
    if (gone) this.#version = '';
    // The server answers: what it says costs one list. Said again and again the lists would be a load of their own.
    const wait = gone && this.#expired !== this.#lists - 1 ? 0 : waitFor(error, this.#failures, random());
    if (gone) this.#expired = this.#lists;
    this.#failures++;
    onProblem(messageOf(error), Math.round(wait), this.#failures);
    await this.#delay(wait);
  }

  async #delay(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  /** @returns the version from which to watch */
  async #list(): Promise<string> {
    const { http, path, query = {}, handler } = this.#options;
    const number = ++this.#lists;
    const later: ApiObject[] = [];
    let page: Page | undefined;
    do {
      const from: Record<string, string> = page === undefined ? {} : { continue: page.metadata.continue ?? '' };
      const asked = { ...query, limit: PAGE, ...from };
      page = await http.request<Page>('GET', path, { query: asked, signal: this.#signal });
      for (const item of page.items) {
        if (this.#mark(item, number)) continue;
        // Once a list was complete, what is new waits for what is gone: it may have the other's address.
        if (this.#complete) later.push(item);
        else this.#take(item);
      }
    } while ((page.metadata.continue ?? '') !== '');
    for (const [key, told] of this.#known) if (told.list !== number) this.#drop(key);
    for (const item of later) this.#take(item);
    this.#complete = true;
    handler.listed();
    return page.metadata.resourceVersion;
  }

  /** Ends when the server ends it, which it does now and then. */
  async #watch(): Promise<void> {
    const { http, path, query = {} } = this.#options;
    const watching = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(WATCH_SECONDS) };
    const asked = { ...query, ...watching, resourceVersion: this.#version };
    const began = performance.now();
    for await (const line of http.lines(path, { query: asked, signal: this.#signal, idle: IDLE })) {
      this.#obey(eventOf(line));
      this.#failures = 0;
      this.#expired = -1;
    }
    if (performance.now() - began < SHORTEST_WATCH) throw new KubeError(0, 'Closed', 'the watch ended at once');
  }

  #obey({ type, object }: WatchEvent): void {
    if (type === 'DELETED') {
      const key = keyOf(object);
      // Not another one of the name that came since.
      if (this.#known.get(key)?.uid === object.metadata.uid) this.#drop(key);
    } else if (type !== 'BOOKMARK' && !this.#mark(object, this.#lists)) this.#take(object);
    this.#version = object.metadata.resourceVersion;
  }

  /** Notes that a list has it. @returns whether the handler knows this very version */
  #mark(object: ApiObject, list: number): boolean {
    const told = this.#known.get(keyOf(object));
    if (told === undefined) return false;
    told.list = list;
    return told.uid === object.metadata.uid && told.version === object.metadata.resourceVersion;
  }

  #take(object: ApiObject): void {
    const { uid, resourceVersion: version } = object.metadata;
    const key = keyOf(object);
    const told = this.#known.get(key);
    if (told !== undefined && told.uid !== uid) this.#drop(key);
    this.#known.set(key, { uid, version, list: this.#lists });
    this.#options.handler.set(object, key);
  }

  #drop(key: string): void {
    this.#known.delete(key);
    this.#options.handler.delete(key);
  }
}

/** Half of it is chance, so that replicas that lost a server do not come back at once. */
function waitFor(error: unknown, failures: number, chance: number): number {
  const asked = error instanceof KubeError ? (error.retryAfter ?? 0) : 0;
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures, 10));
  return Math.max(Math.min(asked, LONGEST_WAIT), wait / 2) + (wait / 2) * chance;
}

interface Page {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly ApiObject[];
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: ApiObject;
}

interface ErrorStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

const TYPES: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** @throws KubeError where the line says that something is wrong, or says nothing that can be understood */
function eventOf(line: string): WatchEvent {
  const { type, object } = parse(line);
  if (type === 'ERROR') {
    const { code = 500, reason = 'Unknown', message = '' } = (object ?? {}) as ErrorStatus;
    throw new KubeError(code, reason, `the watch ended with ${code} ${reason}: ${message}`);
  }
  if (type === undefined || !TYPES.has(type) || object === undefined) {
    throw new KubeError(0, 'Malformed', 'the watch sent a line that is no event');
  }
  return { type, object } as WatchEvent;
}

function parse(line: string): { readonly type?: string; readonly object?: unknown } {
  try {
    return JSON.parse(line) as { type?: string; object?: unknown };
  } catch {
    return {};
  }
}
