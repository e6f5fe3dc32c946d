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
  /** New, changed, or another object of the name than before. */
  set(object: ApiObject): void;
  /** Gone. @param key `namespace/name`; `/name` of what has no namespace */
  delete(key: string): void;
  /** A first or a later list is complete: what it did not have is deleted by now. */
  listed(): void;
}

/** What a handler was told last of each object, by key. */
type Known = Map<string, Told>;

interface Told {
  readonly uid: string;
  readonly version: string;
  /** The list that had it. */
  list: number;
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
  const { onProblem, random = Math.random } = options;
  const known: Known = new Map();
  let lists = 0;
  let version = '';
  let failures = 0;
  /** The last list whose version was gone before anything came of it. */
  let expired = -1;
  while (!signal.aborted) {
    try {
      if (version === '') version = await list(options, known, ++lists, signal);
      for await (const at of watch(options, known, { version, lists }, signal)) {
        version = at;
        failures = 0;
        expired = -1;
      }
    } catch (error) {
      if (isOver(signal)) return;
      if (options.optional === true && version === '' && hasStatus(error, 404)) {
        options.handler.listed();
        await delay(ABSENT_WAIT, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const gone = hasStatus(error, 410);
      if (gone) version = '';
      // The server answers: what it says costs one list. Said again and again the lists would be a load of their own.
      const wait = gone && expired !== lists - 1 ? 0 : waitFor(error, failures, random());
      if (gone) expired = lists;
      failures++;
      onProblem(messageOf(error), Math.round(wait), failures);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
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

/** @returns the version from which to watch */
async function list(options: ListWatchOptions, known: Known, number: number, signal: AbortSignal): Promise<string> {
  const { http, path, query = {}, handler } = options;
  let page: Page | undefined;
  do {
    const from: Record<string, string> = page === undefined ? {} : { continue: page.metadata.continue ?? '' };
    page = await http.request<Page>('GET', path, { query: { ...query, limit: PAGE, ...from }, signal });
    for (const item of page.items) take(item, known, number, handler);
  } while ((page.metadata.continue ?? '') !== '');
  for (const [key, told] of known) {
    if (told.list === number) continue;
    known.delete(key);
    handler.delete(key);
  }
  handler.listed();
  return page.metadata.resourceVersion;
}

function take(object: ApiObject, known: Known, number: number, handler: ObjectHandler): void {
  const { uid, resourceVersion } = object.metadata;
  const key = keyOf(object);
  const told = known.get(key);
  if (told?.uid === uid && told.version === resourceVersion) {
    told.list = number;
    return;
  }
  known.set(key, { uid, version: resourceVersion, list: number });
  handler.set(object);
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: ApiObject;
}

interface ErrorStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** Yields the version after each event. Ends when the server ends it, which it does now and then. */
async function* watch(
  { http, path, query = {}, handler }: ListWatchOptions,
  known: Known,
  { version, lists }: { readonly version: string; readonly lists: number },
  signal: AbortSignal,
): AsyncGenerator<string> {
  const watching = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(WATCH_SECONDS) };
  const stream = http.lines(path, { query: { ...query, ...watching, resourceVersion: version }, signal, idle: IDLE });
  for await (const line of stream) {
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === 'ERROR') throw failure(object as unknown as ErrorStatus);
    if (type === 'DELETED') {
      const key = keyOf(object);
      // Not another one of the name that came since.
      if (known.get(key)?.uid === object.metadata.uid) {
        known.delete(key);
        handler.delete(key);
      }
    } else if (type !== 'BOOKMARK') take(object, known, lists, handler);
    yield object.metadata.resourceVersion;
  }
}

function failure({ code = 500, reason = 'Unknown', message = '' }: ErrorStatus): KubeError {
  return new KubeError(code, reason, `the watch ended with ${code} ${reason}: ${message}`);
}
