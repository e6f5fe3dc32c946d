export type ProtocolErrorCode =
  /** Another process answers on the Unix socket. */
  | 'ADDRESS_IN_USE'
  /** Something that is not a socket stands where the Unix socket should be. */
  | 'NOT_A_SOCKET'
  /** The address is not one we can listen on or connect to. */
  | 'BAD_ADDRESS'
  /** A resource does not fit into one message. */
  | 'RESOURCE_TOO_LARGE'
  /** The peer sent what the protocol does not allow at this point. */
  | 'BAD_MESSAGE'
  /** A change is larger than the agent is willing to hold. */
  | 'CHANGE_TOO_LARGE'
  /** The agent is older than the question. */
  | 'OLD_AGENT'
  /** The agent was asked and failed. */
  | 'AGENT_FAILED'
  /** The peer does not believe who we are. */
  | 'UNAUTHENTICATED'
  /** Nobody answers at the address, or the connection broke. */
  | 'UNAVAILABLE';

/** Everything that goes wrong at the wire. The message says what, and what to do about it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
