import { PORTS } from '../lab/addresses.ts';
import type { LabProcess } from '../lab/lab-process.ts';
import type { Pod } from '../lab/pod.ts';
import { program, python } from './programs.ts';
import { type Services, nameOf } from './services.ts';

/** Connections of a pool. */
const POOLED = 4;

/** What both directions of a connection that stays have carried so far. */
export interface Exchanged {
  readonly sent: number;
  readonly received: number;
}

/** Clients that keep their connections: a WebSocket, a QUIC connection, a pool of four to a Redis. */
export class Connections {
  readonly #socket: LabProcess;
  readonly #quic: LabProcess;
  readonly #pool: LabProcess;

  constructor(pod: Pod, { certificate }: Services) {
    const url = `ws://${nameOf('socket')}:${PORTS.socket}/`;
    this.#socket = pod.start('socket', [...program('socket-client.ts'), url]);
    this.#quic = pod.start('quic-kept', python('quic_end.py', 'client', certificate.ca));
    const store = [nameOf('store'), String(PORTS.redis), 'work', String(POOLED)];
    this.#pool = pod.start('pool', [...program('pool.ts'), ...store]);
  }

  /** Opens the QUIC connection; the others open with their first use. */
  async open(): Promise<string> {
    return (await say<{ outcome: string }>(this.#quic, `open ${nameOf('quic')} ${PORTS.quic}`)).outcome;
  }

  socket(count: number): Promise<Exchanged & { readonly wrong: number; readonly open: boolean }> {
    return say(this.#socket, `exchange ${count}`);
  }

  quic(count: number): Promise<Exchanged> {
    return say(this.#quic, `exchange ${count}`);
  }

  /** Commands over the pool, one after another; a pool that is broken is made anew. */
  pool(count: number): Promise<{ readonly worked: number; readonly failed: Readonly<Record<string, number>> }> {
    return say(this.#pool, `work ${count}`);
  }
}

const say = async <T>(client: LabProcess, line: string): Promise<T> => JSON.parse(await client.ask(line)) as T;
