import type { Compiler } from '@namewall/policy';
import {
  type EncodedResource,
  ProtocolError,
  encodeEndpoint,
  encodeNodeConfig,
  encodeRuleset,
} from '@namewall/protocol';

/** A pod's endpoint as its node is told of it. */
interface Placed {
  readonly node: string;
  readonly ruleset: string;
  readonly resource: EncodedResource;
}

/** A ruleset that some node holds: encoded once, whoever gets it. */
interface SharedRuleset {
  readonly resource: EncodedResource;
  /** Endpoints that have it. */
  users: number;
}

/**
 * What each node is to hold, as octets. A ruleset that no message can carry is left out, and its pods keep what they
 * had before.
 */
export class Fleet {
  readonly #placed = new Map<string, Placed>();
  readonly #byNode = new Map<string, Map<string, Placed>>();
  readonly #rulesets = new Map<string, SharedRuleset>();
  readonly #refused = new Map<string, string>();
  #config: EncodedResource | undefined;

  /** Why something is not as it was compiled. */
  get problems(): ReadonlySet<string> {
    return new Set(this.#refused.values());
  }

  /** Nodes with a pod of ours. */
  get nodes(): Iterable<string> {
    return this.#byNode.keys();
  }

  /** The ruleset's id that a pod is to have; undefined: it is no endpoint. */
  rulesetOf(uid: string): string | undefined {
    return this.#placed.get(uid)?.ruleset;
  }

  setConfig(config: Compiler['nodeConfig']): void {
    this.#config = encodeNodeConfig(config);
  }

  /**
   * Follows the compiler for some endpoints.
   * @param homeless the node of those that name none; '' = nobody is told of them
   * @returns nodes that are to hold something else than before
   */
  follow(compiler: Compiler, uids: Iterable<string>, homeless: string): Set<string> {
    for (const id of this.#refused.keys()) if (!compiler.rulesets.has(id)) this.#refused.delete(id);
    const touched = new Set<string>();
    for (const uid of uids) {
      const before = this.#placed.get(uid);
      const now = this.#place(compiler, uid, homeless, before);
      if (now === before) continue;
      if (now === undefined) this.#placed.delete(uid);
      else this.#placed.set(uid, now);
      this.#move(uid, before, now, touched);
    }
    return touched;
  }

  /** All that a node is to hold. */
  resourcesOf(node: string): EncodedResource[] {
    const endpoints = [...(this.#byNode.get(node)?.values() ?? [])];
    const ids = new Set(endpoints.map(({ ruleset }) => ruleset));
    const rulesets = [...ids].flatMap((id) => this.#rulesets.get(id)?.resource ?? []);
    return [...(this.#config ? [this.#config] : []), ...rulesets, ...endpoints.map(({ resource }) => resource)];
  }

  #place(compiler: Compiler, uid: string, homeless: string, before: Placed | undefined): Placed | undefined {
    const found = compiler.endpoints.get(uid);
    if (found === undefined) return undefined;
    const node = found.node === '' ? homeless : found.node;
    if (node === '') return undefined;
    const { ruleset } = found.endpoint;
    if (ruleset !== '' && !this.#share(compiler, ruleset)) return before;
    return { node, ruleset, resource: encodeEndpoint(found.endpoint) };
  }

  /** @returns whether there is such a ruleset for nodes to hold */
  #share(compiler: Compiler, id: string): boolean {
    if (this.#rulesets.has(id)) return true;
    const ruleset = compiler.rulesets.get(id);
    if (ruleset === undefined) return false;
    try {
      this.#rulesets.set(id, { resource: encodeRuleset(id, ruleset), users: 0 });
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refused.set(id, error.message);
      return false;
    }
  }

  #move(uid: string, before: Placed | undefined, now: Placed | undefined, touched: Set<string>): void {
    if (now !== undefined) {
      const shared = this.#rulesets.get(now.ruleset);
      if (shared !== undefined) shared.users++;
      const there = this.#byNode.get(now.node) ?? new Map<string, Placed>();
      this.#byNode.set(now.node, there.set(uid, now));
      touched.add(now.node);
    }
    if (before === undefined) return;
    touched.add(before.node);
    const shared = this.#rulesets.get(before.ruleset);
    if (shared !== undefined && --shared.users === 0) this.#rulesets.delete(before.ruleset);
    if (before.node === now?.node) return;
    const there = this.#byNode.get(before.node);
    there?.delete(uid);
    if (there?.size === 0) this.#byNode.delete(before.node);
  }
}
