/** A ruleset as its rows stand in the pins: whole but for the names of its policies. */
import type { PinnedMaps, Rule, Sizes } from '@namewall/datapath';
import type { CidrRule, NameRule, PortRow, Rules } from '../facts.ts';

type Maps = Pick<PinnedMaps, 'rules' | 'cidrs' | 'rulesets' | 'rulesetIds' | 'identities'>;

/** Bits that the ruleset's number takes in an LPM key. */
const NUMBER_BITS = 32;

const rowsOf = ({ count, rows }: Rule): PortRow[] => rows.slice(0, count);

/** undefined: there is no ruleset of this number. One pass over all rows of the node. */
export function pinnedRules(maps: Maps, sizes: Pick<Sizes, 'rulesets'>, number: number): Rules | undefined {
  const held = maps.rulesets.get((number & (sizes.rulesets - 1)) >>> 0);
  if (number === 0 || held?.number !== number) return undefined;
  const names: NameRule[] = [];
  for (const key of maps.rules.keys()) {
    if (key.ruleset !== number) continue;
    const rule = maps.rules.get(key);
    const selector = maps.identities.get(key.handle)?.selector;
    if (rule !== undefined && selector !== undefined) names.push({ selector, query: rule.query, rows: rowsOf(rule) });
  }
  const cidrs: CidrRule[] = [];
  for (const key of maps.cidrs.keys()) {
    if (key.ruleset !== number) continue;
    const rule = maps.cidrs.get(key);
    const { address: prefix, prefixLength } = key;
    if (rule !== undefined) cidrs.push({ prefix, prefixLength: prefixLength - NUMBER_BITS, rows: rowsOf(rule) });
  }
  return { number, id: idOf(maps, number), flags: held.flags, names, cidrs, policies: undefined };
}

function idOf({ rulesetIds }: Pick<Maps, 'rulesetIds'>, number: number): string {
  for (const [{ id }, one] of rulesetIds.entries()) if (one === number) return Buffer.from(id).toString('hex');
  return '';
}
