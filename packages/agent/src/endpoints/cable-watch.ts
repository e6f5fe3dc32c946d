/** What keeps the hooks of an attached pod from their purpose, and where setting them anew may mend it. */
import type { Ahead, Cable, Hook, InboundPlace } from '@namewall/datapath';
import type { Redirected } from '@namewall/privileged';
import type { Kernel } from '../apply/context.ts';
import { messageOf } from '../errors.ts';
import { linksIn } from './links.ts';
import { Proof, type ProofState } from './proof.ts';
import { type Way, WayFinder } from './way.ts';

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
  /** @param known the host's end of the cable where its hooks stand, by index */
  readonly findCable: (netns: string, known: number) => Cable;
  /** Packets that reached the pod past the host's end; undefined: its cable is not there. */
  readonly redirected: (netns: string, podIfindex: number, hostIfindex: number) => Redirected | undefined;
}

/** Milliseconds between two looks at what does not change by itself: the order of clsact's filters, the way of packets. */
const SELDOM = 10_000;

/** Where net → pod is read, by the hook that stands. */
export const inboundOf = (hooks: readonly Hook[]): InboundPlace =>
  hooks.some(({ direction, place }) => direction === 'in' && place.side === 'ingress') ? 'pod' : 'host';

/** The host's end of the cable at which hooks stand, by index; 0: none does. */
export const hostEndOf = (hooks: readonly Hook[]): number =>
  hooks.find((hook) => inboundOf([hook]) === 'host')?.place.ifindex ?? 0;

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
  readonly #wayFinder: WayFinder;
  #way: Way = 'unknown';
  #wayUntil = 0;
  #netns = '';
  /** No answer was seen where net → pod was read before. */
  #moved = false;

  constructor(endpoint: number, options: CableWatchOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#wayFinder = new WayFinder(
      () => this.#redirected(),
      () => options.kernel.asked(endpoint),
    );
  }

  /** How this node's network handed packets to the pod when that was last known. */
  get way(): Way {
    return this.#way;
  }

  /** @param hooks those that stand. @param netns the path of the pod's network namespace */
  look(hooks: readonly Hook[], netns: string): Look {
    this.#netns = netns;
    this.#readLinks(netns, hostEndOf(hooks));
    this.#readAhead(hooks, netns);
    const inbound = inboundOf(hooks);
    const proof = this.#proofAt(inbound);
    const asked = this.#options.kernel.asked(this.#endpoint);
    const state = proof.state(asked);
    this.#readWay(state, inbound);
    const better = this.#betterPlace(state, inbound);
    this.#moved ||= better === 'pod';
    const finding = this.#otherLinks() ?? this.#shadowed() ?? this.#unproven(proof.unanswered(asked), state, inbound);
    const cable = this.#cable;
    if (cable === undefined || (better === undefined && this.#ahead.length === 0)) return { finding, mend: undefined };
    return { finding, mend: { cable, inbound: better ?? inbound } };
  }

  /** Hooks are about to be set anew: what is known of the chains is over, and answers count from now. */
  beginAnew(inbound: InboundPlace): void {
    this.forgetChains();
    this.#wayFinder.forget();
    this.#wayUntil = 0;
    this.#proofAt(inbound);
  }

  /** Who runs before our hooks is looked at again. */
  forgetChains(): void {
    this.#aheadUntil = 0;
  }

  #readLinks(netns: string, hostIfindex: number): void {
    const links = linksIn(netns);
    // A namespace that is going is looked at again when its hooks are gone.
    if (links === undefined || links === this.#links) return;
    try {
      this.#cable = this.#options.findCable(netns, hostIfindex);
      this.#trouble = undefined;
      this.#links = links;
    } catch (error) {
      this.#cable = undefined;
      this.#trouble = messageOf(error);
      this.#links = undefined;
    }
  }

  #readAhead(hooks: readonly Hook[], netns: string): void {
    if (performance.now() < this.#aheadUntil) return;
    const byTc = hooks.some(({ kind }) => kind === 'clsact');
    this.#aheadUntil = byTc ? performance.now() + SELDOM : 0;
    try {
      this.#ahead = this.#options.kernel.ahead(this.#endpoint, netns);
    } catch {
      // The cable, or the namespace, is going: its hooks will be gone next time.
      this.#ahead = [];
    }
  }

  /** At each look while answers are missed at the host's end; now and then inside the pod, where they never are. */
  #readWay(state: ProofState, inbound: InboundPlace): void {
    if (inbound === 'host' && state !== 'blind') {
      this.#wayFinder.forget();
      this.#way = 'unknown';
      return;
    }
    if (performance.now() < this.#wayUntil) return;
    this.#wayUntil = inbound === 'pod' ? performance.now() + SELDOM : 0;
    try {
      const way = this.#wayFinder.look();
      if (way !== 'unknown') this.#way = way;
    } catch {
      // The namespace is going: its hooks will be gone next time.
    }
  }

  #redirected(): Redirected | undefined {
    const { podIfindex, hostIfindex } = this.#cable ?? {};
    if (podIfindex === undefined || hostIfindex === undefined) return undefined;
    return this.#options.redirected(this.#netns, podIfindex, hostIfindex);
  }

  /** Where net → pod has to be read instead. Undefined: it is right, or not known to be wrong. */
  #betterPlace(state: ProofState, inbound: InboundPlace): InboundPlace | undefined {
    if (inbound === 'host') return state === 'blind' && this.#way === 'past' ? 'pod' : undefined;
    return this.#way === 'host' ? 'host' : undefined;
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
