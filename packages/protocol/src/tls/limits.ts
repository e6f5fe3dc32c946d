import type { Rate } from './token-bucket.ts';

/** What strangers may take of an operator. */
export interface ConnectionLimits {
  /** Connections at the same time. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** TLS handshakes begun. */
  readonly handshakes: Rate;
  readonly handshakesPerAddress: Rate;
  /** Milliseconds for a handshake. */
  readonly handshakeTimeout: number;
  /** Calls without a client certificate: enrolments, admin. */
  readonly enrolments: Rate;
  readonly enrolmentsPerAddress: Rate;
}

/** For a thousand nodes that all come back within ten seconds. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 4096,
  connectionsPerAddress: 64,
  handshakes: { burst: 2000, perSecond: 400 },
  handshakesPerAddress: { burst: 40, perSecond: 4 },
  handshakeTimeout: 10_000,
  enrolments: { burst: 1000, perSecond: 100 },
  enrolmentsPerAddress: { burst: 10, perSecond: 1 },
};
