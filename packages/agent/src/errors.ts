export type AgentErrorCode =
  | 'USAGE'
  | 'NOT_ROOT'
  | 'CAPABILITY'
  | 'BPFFS'
  | 'OBJECT_MISSING'
  | 'KERNEL'
  | 'OTHER_LAYOUT'
  | 'SECOND_AGENT'
  | 'STATE_DIR'
  /** A file that the stream is opened with cannot be read. */
  | 'CREDENTIALS'
  | 'SOCKET'
  /** The process that keeps CAP_SYS_ADMIN has ended. */
  | 'PRIVILEGED';

/** Why the agent does not start. The message says what is missing, the fix what to do about it. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly fix: string;
  constructor(code: AgentErrorCode, message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
    this.fix = fix;
  }
}

/** An error's message, for a log line or a peer. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
