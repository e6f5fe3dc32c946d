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

export const NO_AGENT = 'agent not running; read from the pins';
