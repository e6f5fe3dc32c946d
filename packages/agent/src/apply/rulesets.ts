/** The rulesets in the kernel: content id → number, and which rows each has. */
import type { CidrKey, RuleKey, Sizes } from '@namewall/datapath';
import type { Ruleset } from '@namewall/protocol';
import { planRuleset } from '../plan/rules.ts';
import { refusalText } from '../plan/text.ts';
import type { Handles } from './handles.ts';
import { type Tables, deleteAll } from './tables.ts';

interface Known {
  readonly number: number;
  /** Of its selectors, ascending. */
  readonly handles: readonly number[];
  readonly cidrs: readonly CidrKey[];
}

/** What the name index is built from. */
export interface IndexList {
  readonly number: number;
  readonly handles: readonly number[];
}

type RulesetTables = Pick<Tables, 'rulesets' | 'rulesetTexts' | 'rulesetIds' | 'rules' | 'cidrs'>;

const idBytes = (id: string) => ({ id: Buffer.from(id, 'hex') });
const hexOf = (id: Uint8Array): string => Buffer.from(id).toString('hex');

export class Rulesets {
  readonly #tables: RulesetTables;
  readonly #handles: Handles;
  readonly #allocate: () => number;
  readonly #slotOf: (number: number) => number;
  readonly #known = new Map<string, Known>();

  /** Reads what is pinned; rows of no whole ruleset are left for {@link removeGarbage}. */
  constructor(tables: RulesetTables, handles: Handles, allocate: () => number, slotOf: (number: number) => number) {
    this.#tables = tables;
    this.#handles = handles;
    this.#allocate = allocate;
    this.#slotOf = slotOf;
    const byNumber = new Map<number, { handles: number[]; cidrs: CidrKey[] }>();
    for (const [{ id }, number] of tables.rulesetIds.entries()) {
      const rows = { handles: [], cidrs: [] };
      byNumber.set(number, rows);
      this.#known.set(hexOf(id), { number, ...rows });
    }
    for (const { ruleset, handle } of tables.rules.keys()) byNumber.get(ruleset)?.handles.push(handle);
    for (const key of tables.cidrs.keys()) byNumber.get(key.ruleset)?.cidrs.push(key);
    for (const rows of byNumber.values()) rows.handles.sort((a, b) => a - b);
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whether these fit beside what is there, by number of rulesets, rows and CIDRs. */
  fits(added: ReadonlyMap<string, Ruleset>, sizes: Pick<Sizes, 'rulesets' | 'rules' | 'cidrs'>): boolean {
    let rules = 0;
    let cidrs = 0;
    for (const known of this.#known.values()) {
      rules += known.handles.length;
      cidrs += known.cidrs.length;
    }
    for (const ruleset of added.values()) {
      rules += ruleset.names.length;
      cidrs += ruleset.cidrs.length;
    }
    // Slot 0 is that of unselected pods.
    return this.#known.size + added.size < sizes.rulesets && rules <= sizes.rules && cidrs <= sizes.cidrs;
  }

  numberOf(id: string): number | undefined {
    return this.#known.get(id)?.number;
  }

  idOf(number: number): string | undefined {
    for (const [id, known] of this.#known) if (known.number === number) return id;
    return undefined;
  }

  ids(): Iterable<string> {
    return this.#known.keys();
  }

  lists(): IndexList[] {
    return [...this.#known.values()].map(({ number, handles }) => ({ number, handles }));
  }

  handlesInUse(): Set<number> {
    return new Set([...this.#known.values()].flatMap(({ handles }) => handles));
  }

  /** Writes rows, then rulesets, then ids. Throws with nothing of it known here; {@link removeGarbage} clears what was written. */
  add(rulesets: ReadonlyMap<string, Ruleset>): void {
    this.#handles.ensure([...rulesets.values()].flatMap(({ names }) => names.map(({ selector }) => selector)));
    const planned = [...rulesets].map(([id, ruleset]) => ({
      id,
      text: refusalText(ruleset.policies),
      entries: planRuleset(this.#allocate(), ruleset, (selector) => this.#handles.handleOf(selector)),
    }));
    this.#tables.rules.setAll(planned.flatMap(({ entries }) => entries.rules));
    for (const { entries } of planned) for (const [key, rule] of entries.cidrs) this.#tables.cidrs.set(key, rule);
    for (const { entries, text } of planned) {
      const { number } = entries.value;
      this.#tables.rulesetTexts.set(this.#slotOf(number), { number, length: Buffer.byteLength(text), text });
      this.#tables.rulesets.set(this.#slotOf(number), entries.value);
    }
    for (const { id, entries } of planned) this.#tables.rulesetIds.set(idBytes(id), entries.value.number);
    for (const { id, entries } of planned) {
      this.#known.set(id, {
        number: entries.value.number,
        handles: entries.rules.map(([{ handle }]) => handle).toSorted((a, b) => a - b),
        cidrs: entries.cidrs.map(([key]) => key),
      });
    }
  }

  /** First the id, so that a crash leaves garbage and never half a ruleset that looks whole. */
  remove(ids: Iterable<string>): void {
    for (const id of ids) {
      const known = this.#known.get(id);
      if (known === undefined) continue;
      this.#known.delete(id);
      this.#tables.rulesetIds.delete(idBytes(id));
      this.#clearSlot(known.number);
      deleteAll(
        this.#tables.rules,
        known.handles.map((handle) => ({ ruleset: known.number, handle })),
      );
      deleteAll(this.#tables.cidrs, known.cidrs);
    }
  }

  /** Removes rows, slots and ids that belong to no whole ruleset: what a crash or a refused change left. */
  removeGarbage(): number {
    const numbers = new Set([...this.#known.values()].map(({ number }) => number));
    const rules: RuleKey[] = [];
    for (const key of this.#tables.rules.keys()) if (!numbers.has(key.ruleset)) rules.push(key);
    const cidrs: CidrKey[] = [];
    for (const key of this.#tables.cidrs.keys()) if (!numbers.has(key.ruleset)) cidrs.push(key);
    const ids = [...this.#tables.rulesetIds.entries()].filter(([, number]) => !numbers.has(number)).map(([key]) => key);
    const slots = [...this.#tables.rulesets.entries()]
      .map(([, r]) => r.number)
      .filter((n) => n !== 0 && !numbers.has(n));
    deleteAll(this.#tables.rulesetIds, ids);
    for (const number of slots) this.#clearSlot(number);
    deleteAll(this.#tables.rules, rules);
    deleteAll(this.#tables.cidrs, cidrs);
    return rules.length + cidrs.length + ids.length + slots.length;
  }

  #clearSlot(number: number): void {
    const slot = this.#slotOf(number);
    if (this.#tables.rulesets.get(slot)?.number !== number) return;
    this.#tables.rulesets.set(slot, {
      number: 0,
      flags: 0,
      ttlFloor: 0n,
      ttlCeiling: 0n,
      ttlGrace: 0n,
      idleWindow: 0n,
    });
  }
}
