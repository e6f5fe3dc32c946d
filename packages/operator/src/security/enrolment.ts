import type { Enrol } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import type { Authorities } from './authorities.ts';
import { SecurityError } from './errors.ts';
import { type AgentAccount, type Refusal, judgeToken } from './token-review.ts';
import { readRequest } from './x509.ts';

export interface EnrolmentOptions {
  readonly api: KubeApi;
  readonly authorities: Pick<Authorities, 'issueForAgent'>;
  readonly account: AgentAccount;
  readonly log: Log;
}

/** Enrolments that are judged at once: each is two calls to the API server. */
const AT_ONCE = 32;

/** Judges enrolments and renewals; why one was refused is in the log and in the counts, never told to who asks. */
export class Enrolments {
  readonly #options: EnrolmentOptions;
  readonly #refusals = new Map<Refusal, number>();
  #granted = 0;
  #failed = 0;
  #busy = 0;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  get counts(): {
    readonly granted: number;
    readonly failed: number;
    readonly refused: Readonly<Record<string, number>>;
  } {
    return { granted: this.#granted, failed: this.#failed, refused: Object.fromEntries(this.#refusals) };
  }

  readonly enrol: Enrol = async (attempt) => {
    if (this.#busy >= AT_ONCE) throw new SecurityError('NOT_READY', 'too many enrolments at once');
    this.#busy++;
    try {
      return await this.#judge(attempt);
    } catch (error) {
      this.#failed++;
      this.#options.log.warn('enrolment not judged', { from: attempt.address, problem: messageOf(error) });
      throw error;
    } finally {
      this.#busy--;
    }
  };

  async #judge({ token, csr, address }: Parameters<Enrol>[0]): ReturnType<Enrol> {
    const { api, authorities, account, log } = this.#options;
    // The proof of the key is ours alone to check: first, so that only who has one costs the API server anything.
    const publicKey = await readRequest(csr).catch((error: unknown) => {
      if (error instanceof SecurityError && error.code === 'REQUEST') return error;
      throw error;
    });
    if (publicKey instanceof SecurityError) return this.#refuse('BadRequest', publicKey.message, address);
    const verdict = await judgeToken(api, token, account);
    if (!verdict.ok) return this.#refuse(verdict.reason, verdict.detail, address);
    const { node, pod } = verdict;
    const issued = await authorities.issueForAgent(publicKey, node);
    this.#granted++;
    log.info('agent enrolled', { node, pod, until: new Date(issued.notAfter).toISOString() });
    return { node, ...issued };
  }

  #refuse(reason: Refusal, detail: string, from: string): undefined {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    this.#options.log.warn('enrolment refused', { reason, detail, from });
  }
}
