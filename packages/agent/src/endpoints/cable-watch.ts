/** What keeps the hooks of an attached pod from their purpose, and where setting them anew may mend it. */
import type { Ahead, Cable, Hook, InboundPlace } from '@namewall/datapath';
import type { Kernel } from '../apply/context.ts';
import { messageOf } from '../errors.ts';
import { linksIn } from './links.ts';
import { Proof, type ProofState } from './proof.ts';

/** Why a pod is Degraded. */
export interface Finding {
  readonly reason: 'UnsupportedInterface' | 'HookShadowed' | 'NoReplies' | 'SwitchedOff' | 'SwitchedToAudit';
  readonly message: string;
}

export interface Look {
  readonly finding: Finding | undefined;
  /** Setting the hooks anew, net → pod here, may mend it. */
  readonly mend: { readonly cable: Cable; readonly inbound: InboundPlace } | undefined;
}

export interface CableWatchOptions {
  readonly kernel: Pick<Kernel, 'ahead' | 'asked'>;
  readonly findCable: (netns: string) => Cable;
}

/** Milliseconds: the order of clsact's filters is asked of `tc`. */
const FILTERS_EVERY = 10_000;

/** Where net → pod is read, by the hook that stands. */
export const inboundOf = (hooks: readonly Hook[]): InboundPlace =>
  hooks.some(({ direction, place }) => direction === 'in' && place.side === 'ingress') ? 'pod' : 'host';

/** Of one endpoint from its attachment on. */
export class CableWatch {
  readonly #options: CableWatchOptions;
  readonly #endpoint: number;
  #links: string | undefined;
  #cable: Cable | undefined;
  /** Why the cable could not be read though its hooks stand. */
  #trouble: string | undefined;
  #ahead: readonly Ahead[] = [];
  #aheadUntil = 0;
  #proof: Proof | undefined;
  /** No answer was seen where net → pod was read before. */
  #moved = false;
  #provenInside = false;

  constructor(endpoint: number, options: CableWatchOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Answers have been seen inside the pod: that is where this node's network shows them. */
  get isProvenInside(): boolean {
    return this.#provenInside;
  }

  /** @param hooks those that stand. @param netns the path of the pod's network namespace */
  look(hooks: readonly Hook[], netns: string): Look {
    this.#readLinks(netns);
    this.#readAhead(hooks, netns);
    const inbound = inboundOf(hooks);
    const proof = this.#proofAt(inbound);
    const asked = this.#options.kernel.asked(this.#endpoint);
    const state = proof.state(asked);
    this.#provenInside = state === 'seen' && inbound === 'pod';
    const elsewhere = state === 'blind' && inbound === 'host';
    this.#moved ||= elsewhere;
    const finding = this.#otherLinks() ?? this.#shadowed() ?? this.#unproven(proof.unanswered(asked), state, inbound);
    const cable = this.#cable;
    if (cable === undefined || (!elsewhere && this.#ahead.length === 0)) return { finding, mend: undefined };
    return { finding, mend: { cable, inbound: elsewhere ? 'pod' : inbound } };
  }

  /** Hooks are about to be set anew: what is known of the chains is over, and answers count from now. */
  beginAnew(inbound: InboundPlace): void {
    this.forgetChains();
    this.#proofAt(inbound);
  }

  /** Who runs before our hooks is looked at again. */
  forgetChains(): void {
    this.#aheadUntil = 0;
  }

  #readLinks(netns: string): void {
    const links = linksIn(netns);
    // A namespace that is going is looked at again when its hooks are gone.
    if (links === undefined || links === this.#links) return;
    try {
      this.#cable = this.#options.findCable(netns);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = messageOf(error);
    }
    this.#links = links;
  }

  #readAhead(hooks: readonly Hook[], netns: string): void {
    if (performance.now() < this.#aheadUntil) return;
    const byTc = hooks.some(({ kind }) => kind === 'clsact');
    this.#aheadUntil = byTc ? performance.now() + FILTERS_EVERY : 0;
    try {
      this.#ahead = this.#options.kernel.ahead(this.#endpoint, netns);
    } catch {
      // The cable, or the namespace, is going: its hooks will be gone next time.
      this.#ahead = [];
    }
  }

  #proofAt(inbound: InboundPlace): Proof {
    if (this.#proof?.inbound !== inbound) {
      this.#proof = new Proof(inbound, this.#options.kernel.asked(this.#endpoint));
    }
    return this.#proof;
  }

  #otherLinks(): Finding | undefined {
    const { podIfname = 'eth0', others = [] } = this.#cable ?? {};
    if (this.#trouble !== undefined) return { reason: 'UnsupportedInterface', message: this.#trouble };
    if (others.length === 0) return undefined;
    const names = others.map(({ ifname, kind }) => `${ifname} (${kind})`).join(', ');
    const message = `only ${podIfname} is policed, and ${names} also leads out of the pod; take it away, or know it is open`;
    return { reason: 'UnsupportedInterface', message };
  }

  #shadowed(): Finding | undefined {
    const [first] = this.#ahead;
    if (first === undefined) return undefined;
    const side = first.direction === 'out' ? 'pod → net' : 'net → pod';
    const who = `program ${first.program || '?'} (id ${first.programId}) of somebody else`;
    const message = `${who} runs before ours, ${side}: what it lets through at once is not judged; have it attach after others`;
    return { reason: 'HookShadowed', message };
  }

  #unproven(asked: bigint, state: ProofState, inbound: InboundPlace): Finding | undefined {
    if (state === 'blind') {
      const where = inbound === 'pod' ? 'inside the pod' : HOST_END;
      const message = `${asked} questions have gone out and no answer has been seen ${where}: is the resolver down?`;
      return { reason: 'NoReplies', message };
    }
    if (state === 'seen' || !this.#moved || inbound === 'host') return undefined;
    const message = `no answer was seen ${HOST_END}; they are looked for inside the pod now, and none has come yet`;
    return { reason: 'NoReplies', message };
  }
}

const HOST_END = 'at the host’s end of its cable';
