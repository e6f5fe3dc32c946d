import type { Compiler } from '@namewall/policy';
import {
  type EncodedResource,
  type NodeChange,
  ProtocolError,
  type ResourceId,
  encodeEndpointOf,
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
  /** Endpoints that have it, by node. */
  readonly users: Map<string, number>;
}

/** What becomes another one on a node, by key; the last word counts. */
type Touched = Map<string, { readonly id: ResourceId; readonly resource: EncodedResource | undefined }>;

/**
 * What each node is to hold, as octets. A ruleset that no message can carry is left out, and its pods keep what they
 * had before.
 */
export class Fleet {
  readonly #placed = new Map<string, Placed>();
  /** How many are on each node. */
  readonly #byNode = new Map<string, number>();
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

  /** What every node holds. */
  get common(): readonly EncodedResource[] {
    return this.#config === undefined ? [] : [this.#config];
  }

  /**
   * Follows the compiler for some endpoints.
   * @param homeless the node of those that name none; '' = nobody is told of them
   * @returns what becomes another one, by node
   */
  follow(compiler: Compiler, uids: Iterable<string>, homeless: string): Map<string, NodeChange> {
    for (const id of this.#refused.keys()) if (!compiler.rulesets.has(id)) this.#refused.delete(id);
    const touched = new Map<string, Touched>();
    for (const uid of uids) {
      const before = this.#placed.get(uid);
      const now = this.#place(compiler, uid, homeless, before);
      if (now === before) continue;
      if (now === undefined) this.#placed.delete(uid);
      else this.#placed.set(uid, now);
      this.#move(before, now, touched);
    }
    return new Map([...touched].map(([node, what]) => [node, changeOf(what)]));
  }

  #place(compiler: Compiler, uid: string, homeless: string, before: Placed | undefined): Placed | undefined {
    const found = compiler.endpoints.get(uid);
    if (found === undefined) return undefined;
    const node = found.node === '' ? homeless : found.node;
    if (node === '') return undefined;
    const { ruleset } = found;
    if (ruleset !== '' && !this.#share(compiler, ruleset)) return before;
    return { node, ruleset, resource: encodeEndpointOf(found) };
  }

  /** @returns whether there is such a ruleset for nodes to hold */
  #share(compiler: Compiler, id: string): boolean {
    if (this.#rulesets.has(id)) return true;
    const ruleset = compiler.rulesets.get(id);
    if (ruleset === undefined) return false;
    try {
      this.#rulesets.set(id, { resource: encodeRuleset(id, ruleset), users: new Map() });
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refused.set(id, error.message);
      return false;
    }
  }

  #move(before: Placed | undefined, now: Placed | undefined, touched: Map<string, Touched>): void {
    if (now !== undefined) {
      this.#count(now.node, 1);
      this.#use(now, touched);
      touch(touched, now.node, now.resource, now.resource);
    }
    if (before === undefined) return;
    this.#count(before.node, -1);
    this.#release(before, touched);
    if (before.node !== now?.node) touch(touched, before.node, before.resource, undefined);
  }

  #count(node: string, more: number): void {
    const count = (this.#byNode.get(node) ?? 0) + more;
    if (count === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, count);
  }

  #use({ node, ruleset }: Placed, touched: Map<string, Touched>): void {
    const shared = this.#rulesets.get(ruleset);
    if (shared === undefined) return;
    const users = shared.users.get(node) ?? 0;
    shared.users.set(node, users + 1);
    if (users === 0) touch(touched, node, shared.resource, shared.resource);
  }

  #release({ node, ruleset }: Placed, touched: Map<string, Touched>): void {
    const shared = this.#rulesets.get(ruleset);
    if (shared === undefined) return;
    const users = (shared.users.get(node) ?? 0) - 1;
    if (users > 0) return void shared.users.set(node, users);
    shared.users.delete(node);
    touch(touched, node, shared.resource, undefined);
    if (shared.users.size === 0) this.#rulesets.delete(ruleset);
  }
}

function touch(
  touched: Map<string, Touched>,
  node: string,
  { type, name, key }: EncodedResource,
  resource: EncodedResource | undefined,
): void {
  const there = touched.get(node) ?? new Map();
  touched.set(node, there.set(key, { id: { type, name }, resource }));
}

/** Rulesets before the endpoints that have them. */
function changeOf(touched: Touched): NodeChange {
  const all = [...touched.values()];
  const upserts = all.flatMap(({ resource }) => resource ?? []).toSorted((a, b) => a.type - b.type);
  return { upserts, removals: all.flatMap(({ id, resource }) => (resource === undefined ? [id] : [])) };
}
