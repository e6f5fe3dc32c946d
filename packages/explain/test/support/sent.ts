/** A question by name, or a packet to an address. */
export interface Sent {
  readonly name?: string;
  /** Of the question: 1 A (default), 12 PTR. */
  readonly type?: number;
  readonly address?: string;
  readonly port?: number;
  readonly protocol?: number;
}

export const ICMP_ECHO = 1;
