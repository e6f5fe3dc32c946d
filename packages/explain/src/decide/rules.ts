/** Look-ups in a ruleset, prepared once for each: events come in thousands, rulesets in tens. */
import { SelectorSet, parseCanonical, wireToText } from '@namewall/policy/names';
import type { NameRule, Rules } from '../facts.ts';

const bySelector = new WeakMap<readonly NameRule[], ReadonlyMap<string, NameRule>>();
const patternSets = new WeakMap<readonly NameRule[], SelectorSet>();

export function nameRule({ names }: Rules, selector: string): NameRule | undefined {
  let index = bySelector.get(names);
  if (index === undefined) {
    index = new Map(names.map((rule) => [rule.selector, rule]));
    bySelector.set(names, index);
  }
  return index.get(selector);
}

/** Names are found by their text: only patterns, which are few, are made ready to match. */
function patternsOf(names: readonly NameRule[]): SelectorSet {
  let set = patternSets.get(names);
  if (set === undefined) {
    const patterns = names.flatMap(({ selector }, handle) =>
      selector.startsWith('v1|p|') ? [{ handle, selector: parseCanonical(selector) }] : [],
    );
    set = new SelectorSet(patterns);
    patternSets.set(names, set);
  }
  return set;
}

/** Every rule whose selector matches, a name before patterns. `wire`: folded. */
export function rulesOfName(rules: Rules, wire: Uint8Array): NameRule[] {
  const exact = nameRule(rules, `v1|n|${wireToText(wire)}`);
  const patterns = patternsOf(rules.names)
    .match(wire)
    .flatMap((at) => rules.names[at] ?? []);
  return exact === undefined ? patterns : [exact, ...patterns];
}
