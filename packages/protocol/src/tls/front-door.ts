import { type ChannelOptions, type Server, ServerCredentials } from '@grpc/grpc-js';
import { type Timers, realTimers } from '../timers.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './limits.ts';
import { type TlsIdentity, TlsListener, type Turned } from './listener.ts';
import type { Peer } from './peer.ts';

export interface TlsServerOptions {
  readonly identity: TlsIdentity;
  readonly limits?: Partial<ConnectionLimits>;
  readonly onTurned?: (why: Turned, address: string) => void;
}

/** For connections without a client certificate: small messages, few calls at once, and no lingering. */
export const STRANGER_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 4,
  'grpc.max_connection_idle_ms': 10_000,
  'grpc.max_connection_age_ms': 120_000,
};

/**
 * One TLS port before two gRPC servers: connections with a good client certificate go to the one, all others to the
 * other, so that nobody reaches a service by mistake.
 */
export class FrontDoor {
  readonly listener: TlsListener;

  constructor(options: TlsServerOptions, known: Server, strangers: Server, timers: Timers = realTimers) {
    const toKnown = known.createConnectionInjector(ServerCredentials.createInsecure());
    const toStrangers = strangers.createConnectionInjector(ServerCredentials.createInsecure());
    this.listener = new TlsListener({
      ...options,
      limits: { ...CONNECTION_LIMITS, ...options.limits },
      timers,
      onConnection(socket, peer) {
        (peer.certified === undefined ? toStrangers : toKnown).injectConnection(socket);
      },
    });
  }

  /** Who makes a call; a stranger when the connection is gone. */
  peer(call: { getPeer(): string }): Peer {
    return this.listener.peer(call.getPeer()) ?? GONE;
  }
}

const GONE: Peer = { address: '', certified: undefined, problem: 'the connection is gone' };
