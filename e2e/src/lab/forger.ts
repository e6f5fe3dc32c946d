import { mustRun } from './command.ts';
import type { Lab } from './lab.ts';
import { compileProgram } from './native.ts';
import { type Namespace, inside } from './namespaces.ts';

export interface Forged {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Buffer;
  /** Makes a TCP segment of what else is a datagram. */
  readonly segment?: { readonly sequence: number; readonly acknowledgement: number };
}

/** Sends datagrams and segments with false senders or numbers out of a namespace's eth0. */
export class Forger {
  readonly #program: string;
  readonly #node: Namespace;

  constructor(lab: Lab) {
    this.#program = compileProgram(lab.run, 'forge');
    this.#node = lab.node;
  }

  /** `hostEnd`: the node's end of the cable that the namespace's eth0 is on. */
  async send(from: Namespace, hostEnd: string, forged: Forged): Promise<void> {
    const shown = await mustRun(['ip', '-j', '-n', this.#node.name, 'link', 'show', 'dev', hostEnd]);
    const [link] = JSON.parse(shown) as { address: string }[];
    if (!link) throw new Error(`${this.#node.name} has no interface ${hostEnd}`);
    const { source, sourcePort, destination, destinationPort, payload, segment } = forged;
    const numbers = segment ? [segment.sequence, segment.acknowledgement].map(String) : [];
    const ends = [source, String(sourcePort), destination, String(destinationPort), payload.toString('hex')];
    await mustRun(inside(from, [this.#program, 'eth0', link.address, ...ends, ...numbers]));
  }
}
