/** The ruleset that has a number: as it was streamed, with its policies; else as its rows are pinned. */
import type { PinnedDatapath } from '@namewall/datapath';
import { type Rules, pinnedRules } from '@namewall/explain';
import type { Enforcer } from '../apply/enforcer.ts';
import type { Rulesets } from '../apply/rulesets.ts';

export class RulesByNumber {
  readonly #enforcer: Enforcer;
  readonly #rulesets: Rulesets;
  readonly #datapath: Pick<PinnedDatapath, 'maps' | 'sizes'>;
  /** The last one read from the pins: only before the operator has spoken, and immutable. */
  #pinned: Rules | undefined;

  constructor(enforcer: Enforcer, rulesets: Rulesets, datapath: Pick<PinnedDatapath, 'maps' | 'sizes'>) {
    this.#enforcer = enforcer;
    this.#rulesets = rulesets;
    this.#datapath = datapath;
  }

  get(number: number): Rules | undefined {
    const id = this.#rulesets.idOf(number);
    const wanted = id === undefined ? undefined : this.#enforcer.state.rulesets.get(id);
    const named =
      id === undefined || wanted === undefined ? this.#enforcer.former.get(number) : { id, ruleset: wanted };
    if (named !== undefined) {
      const { flags, names, cidrs, policies } = named.ruleset;
      return { number, id: named.id, flags, names, cidrs, policies };
    }
    if (this.#pinned?.number !== number) {
      this.#pinned = pinnedRules(this.#datapath.maps, this.#datapath.sizes, number);
    }
    return this.#pinned;
  }
}
