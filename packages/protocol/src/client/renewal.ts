import type { EnrolRequest } from '../gen/namewall/v1/EnrolRequest.ts';
import type { Renewal__Output } from '../gen/namewall/v1/Renewal.ts';
import type { Timers } from '../timers.ts';
import type { Asked, ClientIdentity } from './identity.ts';

type Send = (renew: EnrolRequest) => Promise<void>;

/** setTimeout takes no more. */
const LONGEST = 2 ** 31 - 1;

/** Asks for another certificate in the stream before the one it was opened with ends. */
export class Renewal {
  readonly identity: ClientIdentity;
  readonly #timers: Timers;
  #cancel: () => void = () => undefined;
  #send: Send | undefined;
  #asked: { readonly request: Asked; readonly ca: string } | undefined;

  constructor(identity: ClientIdentity, timers: Timers) {
    this.identity = identity;
    this.#timers = timers;
  }

  /** @param send writes to the stream that is open now */
  begin(send: Send): void {
    this.#send = send;
    this.#wait(false);
  }

  /** The stream has ended. */
  end(): void {
    this.#cancel();
    this.#send = undefined;
    this.#asked = undefined;
  }

  /** @throws ProtocolError BAD_MESSAGE */
  answered({ enrolled }: Renewal__Output): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined) return;
    if (enrolled) this.identity.accept(asked.request, enrolled, asked.ca);
    this.#wait(!enrolled);
  }

  #wait(failed: boolean): void {
    this.#cancel();
    const wait = Math.min(LONGEST, this.identity.renewIn(failed));
    this.#cancel = this.#timers.after(wait, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const send = this.#send;
    try {
      const request = await this.identity.ask();
      const ca = await this.identity.authority();
      if (send === undefined || send !== this.#send) return;
      this.#asked = { request, ca };
      await send({ token: request.token, csr: request.csr });
      // An older operator does not answer; then the stream ends when the certificate does.
    } catch {
      // The token cannot be read now.
      if (send === this.#send) this.#wait(true);
    }
  }
}
