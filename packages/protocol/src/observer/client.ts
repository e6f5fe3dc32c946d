import type {
  EndpointStatus,
  EndpointsRequestInput,
  Event,
  LearnedName,
  NamesRequestInput,
  ObserveRequestInput,
  StatusResponse,
} from '../messages.ts';

/** The CLI's end of the agent's socket. Errors are ProtocolError, UNAVAILABLE when nobody answers. */
export declare class ObserverClient {
  /** @param address `unix:/run/namewall/agent.sock` */
  constructor(address: string);
  status(signal?: AbortSignal): Promise<StatusResponse>;
  endpoints(request?: EndpointsRequestInput, signal?: AbortSignal): AsyncIterable<EndpointStatus>;
  names(request?: NamesRequestInput, signal?: AbortSignal): AsyncIterable<LearnedName>;
  /** Until the signal aborts or the agent stops. */
  observe(request?: ObserveRequestInput, signal?: AbortSignal): AsyncIterable<Event>;
  [Symbol.dispose](): void;
}
