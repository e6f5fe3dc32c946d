/** Look-ups in a ruleset, prepared once for each: events come in thousands, rulesets in tens. */
import { SelectorSet, parseCanonical } from '@namewall/policy/names';
import type { NameRule, Rules } from '../facts.ts';

const bySelector = new WeakMap<readonly NameRule[], ReadonlyMap<string, NameRule>>();
const selectorSets = new WeakMap<readonly NameRule[], SelectorSet>();

export function nameRule({ names }: Rules, selector: string): NameRule | undefined {
  let index = bySelector.get(names);
  if (index === undefined) {
    index = new Map(names.map((rule) => [rule.selector, rule]));
    bySelector.set(names, index);
  }
  return index.get(selector);
}

/** Every rule whose selector matches. `wire`: folded. */
export function rulesOfName({ names }: Rules, wire: Uint8Array): NameRule[] {
  let set = selectorSets.get(names);
  if (set === undefined) {
    set = new SelectorSet(names.map(({ selector }, handle) => ({ handle, selector: parseCanonical(selector) })));
    selectorSets.set(names, set);
  }
  return set.match(wire).flatMap((at) => names[at] ?? []);
}
