import type { TLSSocket } from 'node:tls';

/**
 * What a certificate is for: its subject's O. Signed by the same authority, an agent's certificate must not pass for an
 * operator's, whatever a node is called.
 */
export const AGENTS = 'namewall.dev:agents';
export const OPERATORS = 'namewall.dev:operators';

/** The name that operators' certificates have, wherever they are reached. */
export const OPERATOR_NAME = 'operator.namewall.dev';

/** Who is at the other end of a TLS connection. */
export interface Peer {
  /** Its address, without the port. */
  readonly address: string;
  /** Undefined without a certificate that is good now. */
  readonly certified: Certified | undefined;
  /** Why a certificate that was shown does not count; empty when none was shown. */
  readonly problem: string;
}

export interface Certified {
  readonly role: 'agent' | 'operator';
  /** The node, or the operator's replica. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/** Who makes a call. */
export type PeerOf = (call: { getPeer(): string }) => Peer;

/** What this connection's peer has proven. */
export function peerOf(socket: TLSSocket): Peer {
  const address = socket.remoteAddress ?? '';
  const shown = socket.getPeerCertificate();
  // Without a certificate it is an empty object, whatever the types say.
  if ((shown.raw as Buffer | undefined) === undefined) return { address, certified: undefined, problem: '' };
  if (!socket.authorized) {
    return { address, certified: undefined, problem: `the client certificate is not good: ${reasonOf(socket)}` };
  }
  const certified = readSubject(shown.subject, Date.parse(shown.valid_to));
  return { address, certified, problem: certified === undefined ? 'the client certificate is for something else' : '' };
}

/** Node types it as an error; it is a code such as CERT_HAS_EXPIRED. */
function reasonOf({ authorizationError }: TLSSocket): string {
  const reason: unknown = authorizationError;
  return reason instanceof Error ? reason.message : String(reason);
}

function readSubject({ CN: name, O: role }: { CN?: unknown; O?: unknown }, notAfter: number): Certified | undefined {
  // Several of one kind come as an array: not ours.
  if (typeof name !== 'string' || name === '' || !Number.isFinite(notAfter)) return undefined;
  if (role === AGENTS) return { role: 'agent', name, notAfter };
  if (role === OPERATORS) return { role: 'operator', name, notAfter };
  return undefined;
}
