/** Where the commands write, and what they were told globally. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface GlobalOptions {
  readonly socket: string;
  readonly pinRoot: string;
}

export interface OutputOptions {
  readonly output: 'table' | 'json';
}

/** It does not know the question that was put to it. */
export const OLD_AGENT = 'the agent is older than this command; read from the pins';
export const NO_AGENT = 'agent not running; read from the pins';
