import type {
  EndpointStatusInput,
  EndpointsRequest,
  EventInput,
  LearnedNameInput,
  NamesRequest,
  ObserveRequest,
  StatusResponseInput,
} from '../messages.ts';

/** What the agent answers. What a handler throws reaches the caller as INTERNAL with its message. */
export interface ObserverHandlers {
  status(): StatusResponseInput | Promise<StatusResponseInput>;
  endpoints(request: EndpointsRequest): Iterable<EndpointStatusInput> | AsyncIterable<EndpointStatusInput>;
  names(request: NamesRequest): Iterable<LearnedNameInput> | AsyncIterable<LearnedNameInput>;
  /** Pulled only as fast as the caller reads: bound what waits, and count the rest in Event.lost. */
  observe(request: ObserveRequest, signal: AbortSignal): AsyncIterable<EventInput>;
}

/** Serves on a Unix socket of mode 0600. @returns what ends it: open calls are cut. */
export declare function serveObserver(address: string, handlers: ObserverHandlers): Promise<() => Promise<void>>;
