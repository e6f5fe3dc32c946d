import path from 'node:path';
import type { LabProcess } from './lab-process.ts';
import type { Pod } from './pod.ts';
import { until } from './until.ts';

const PROGRAM = path.join(import.meta.dirname, '../programs/tcp-end.ts');

/** A message's ID, RCODE and number of answers. */
export type Reply = readonly [id: number, rcode: number, answers: number];

/** Messages as they stand in a stream, each behind its length. */
export function framed(...messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      return [length, message];
    }),
  );
}

/** A DNS client's connection in a pod, told what to send and asked what it got. */
export class TcpEnd {
  readonly #process: LabProcess;
  /** Its own port, once it is open. */
  port = 0;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  static async open(pod: Pod, name: string, address: string, port = 53): Promise<TcpEnd> {
    const end = new TcpEnd(pod.start(name, [process.execPath, PROGRAM, address, String(port)]));
    await until('a connection', async () => (await end.state()) !== 'opening');
    end.port = (await end.#ask()).port;
    return end;
  }

  /** One write for each. */
  async send(...writes: readonly Buffer[]): Promise<void> {
    for (const write of writes) await this.#process.ask(`send ${write.toString('hex')}`);
  }

  /** `open`, `ended`, or the error that it had. */
  async state(): Promise<string> {
    return (await this.#ask()).state;
  }

  /** Waits for so many messages, or for the connection's end. */
  async replies(count: number): Promise<Reply[]> {
    await until(`${count} messages`, async () => {
      const { state, got } = await this.#ask();
      return got.length >= count || state !== 'open';
    });
    return (await this.#ask()).got.map((hex) => {
      const message = Buffer.from(hex, 'hex');
      return [message.readUInt16BE(0), message.readUInt16BE(2) & 15, message.readUInt16BE(6)];
    });
  }

  async close(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  async #ask(): Promise<{ state: string; port: number; got: string[] }> {
    return JSON.parse(await this.#process.ask('got')) as { state: string; port: number; got: string[] };
  }
}
