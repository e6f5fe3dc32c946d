import { constants } from 'node:crypto';
import { type Server, type Socket, createServer } from 'node:net';
import { type Server as TlsServer, type TLSSocket, createServer as createTlsServer } from 'node:tls';
import { ProtocolError } from '../errors.ts';
import { type Timers, realTimers } from '../timers.ts';
import { hostPort } from './address.ts';
import type { ConnectionLimits } from './limits.ts';
import { type Peer, peerOf } from './peer.ts';
import { TokenBucket, TokenBuckets } from './token-bucket.ts';

/** PEM. What an operator shows and whom it believes; replaced as a whole. */
export interface TlsIdentity {
  readonly key: string;
  /** The leaf first. */
  readonly certificate: string;
  /** Authorities of clients. */
  readonly ca: string;
}

/** Why a connection was turned away. */
export type Turned =
  'connections' | 'connections of an address' | 'handshakes' | 'handshakes of an address' | 'not TLS';

export interface TlsListenerOptions {
  readonly identity: TlsIdentity;
  readonly limits: ConnectionLimits;
  readonly timers?: Timers;
  /** Takes over a connection whose handshake is done. */
  readonly onConnection: (socket: TLSSocket, peer: Peer) => void;
  readonly onTurned?: (why: Turned, address: string) => void;
}

/** Accepts TLS 1.3 and knows who is at the other end: with a client certificate or without. */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #timers: Timers;
  /** Only what is admitted gets to the handshake. */
  readonly #server: Server;
  readonly #tls: TlsServer;
  readonly #perAddress = new Map<string, number>();
  readonly #peers = new Map<string, Peer>();
  readonly #sockets = new Set<Socket>();
  readonly #handshakes: TokenBucket;
  readonly #handshakesPerAddress: TokenBuckets;
  #ended: Promise<void> | undefined;

  constructor(options: TlsListenerOptions) {
    const { identity, limits, timers = realTimers } = options;
    this.#options = options;
    this.#timers = timers;
    this.#handshakes = new TokenBucket(limits.handshakes, timers.now());
    this.#handshakesPerAddress = new TokenBuckets(limits.handshakesPerAddress);
    this.#tls = createTlsServer({
      ...contextOf(identity),
      ALPNProtocols: ['h2'],
      requestCert: true,
      // Judged call by call: who enrols has none yet, and who has an expired one is told so.
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeTimeout,
    });
    this.#tls.on('secureConnection', (socket) => this.#accept(socket));
    this.#tls.on('tlsClientError', (_error, socket) => {
      this.#turn('not TLS', socket.remoteAddress ?? '');
      socket.destroy();
    });
    this.#server = createServer((socket) => this.#admit(socket));
  }

  /** @returns the port. @throws ProtocolError BAD_ADDRESS */
  async listen(address: string): Promise<number> {
    const { host, port } = hostPort(address);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', (cause) => {
      const fix = 'choose an address of this machine and a free port';
      reject(new ProtocolError('BAD_ADDRESS', `address ${address}: ${cause.message}; ${fix}`, { cause }));
    });
    this.#server.listen({ host, port, backlog: 1024 }, () => resolve());
    await promise;
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  /** For handshakes from now on; connections that stand are as they were. */
  replace(identity: TlsIdentity): void {
    this.#tls.setSecureContext(contextOf(identity));
  }

  /** @param place `address:port` of the other end, as gRPC calls it. */
  peer(place: string): Peer | undefined {
    return this.#peers.get(place);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Takes no more connections, so that whoever comes goes elsewhere at once; those that stand go on. */
  stop(): void {
    if (this.#ended !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#server.close(() => resolve());
  }

  async close(): Promise<void> {
    this.stop();
    for (const socket of this.#sockets) socket.destroy();
    await this.#ended;
  }

  /** Before the handshake, which is what costs. */
  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const why = this.#overLimit(address);
    if (why !== undefined) {
      this.#turn(why, address);
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
    this.#tls.emit('connection', socket);
  }

  #overLimit(address: string): Turned | undefined {
    const { limits } = this.#options;
    const now = this.#timers.now();
    if (this.#sockets.size >= limits.connections) return 'connections';
    if ((this.#perAddress.get(address) ?? 0) >= limits.connectionsPerAddress) return 'connections of an address';
    if (!this.#handshakesPerAddress.take(address, now)) return 'handshakes of an address';
    return this.#handshakes.take(now) ? undefined : 'handshakes';
  }

  #accept(socket: TLSSocket): void {
    if (this.#ended !== undefined) {
      // Its handshake was under way; whom it would be handed to is ending.
      socket.destroy();
      return;
    }
    const place = `${socket.remoteAddress}:${socket.remotePort}`;
    const peer = peerOf(socket);
    this.#peers.set(place, peer);
    socket.once('close', () => {
      if (this.#peers.get(place) === peer) this.#peers.delete(place);
    });
    socket.on('error', () => socket.destroy());
    this.#options.onConnection(socket, peer);
  }

  #turn(why: Turned, address: string): void {
    this.#options.onTurned?.(why, address);
  }
}

function contextOf({ key, certificate, ca }: TlsIdentity) {
  return {
    key,
    cert: certificate,
    ca,
    minVersion: 'TLSv1.3',
    // A resumed session would not show its certificate anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const;
}
