import { API_VERSION, type Policy, type Problem, formatPath, validate } from '@namewall/policy';
import type { PolicyObject } from '../policy-status/facts.ts';
import type { SourceProblem } from '../source/source.ts';
import { type ApiObject, keyOf } from './list-watch.ts';

/** A policy as the API server has it, judged by the schema of today. */
export interface JudgedPolicy {
  readonly object: PolicyObject;
  /** What is in force; undefined: nothing of it was ever good, as far as this process knows. */
  readonly policy: Policy | undefined;
  /** What is wrong with it as it stands; undefined: nothing. */
  readonly problem: SourceProblem | undefined;
  readonly warnings: readonly string[];
}

/**
 * Judges policies though the API server has: they may have been stored under an earlier, laxer schema. One that is not
 * good keeps its last good version in force as long as this process knows one.
 */
export class PolicyJudge {
  readonly #kind: Policy['kind'];
  readonly #good = new Map<string, Policy>();
  readonly #statuses = new Map<string, unknown>();

  constructor(kind: Policy['kind']) {
    this.#kind = kind;
  }

  judge(object: ApiObject & { readonly spec?: unknown; readonly status?: unknown }): JudgedPolicy {
    const { namespace, name } = object.metadata;
    const key = keyOf(object);
    this.#statuses.set(key, object.status);
    // Without the status: what we write there ourselves is no change.
    const asWritten = { apiVersion: API_VERSION, kind: this.#kind, metadata: kept(object), spec: object.spec };
    const result = validate(asWritten);
    if (result.ok) {
      const policy = result.value as Policy;
      this.#good.set(key, policy);
      return { object: this.#objectOf(object), policy, problem: undefined, warnings: result.warnings.map(inWords) };
    }
    const origin = `${this.#kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
    const text = result.errors.map(inWords).join('\n');
    const policy = this.#good.get(key);
    const problem = { origin, text, earlierInForce: policy !== undefined };
    return { object: this.#objectOf(object), policy, problem, warnings: [] };
  }

  /** The status that the API server has, as it was seen last. */
  statusOf({ namespace, name }: PolicyObject): unknown {
    return this.#statuses.get(`${namespace}/${name}`);
  }

  forget(key: string): void {
    this.#good.delete(key);
    this.#statuses.delete(key);
  }

  #objectOf({ metadata }: ApiObject): PolicyObject {
    const { name, namespace = '', uid, generation = 0 } = metadata as Metadata;
    return { kind: this.#kind, namespace, name, uid, generation };
  }
}

function inWords({ path, reason, fix }: Problem): string {
  return `${path.length === 0 ? '' : `${formatPath(path)}: `}${reason}; ${fix}`;
}

type Metadata = ApiObject['metadata'] & { readonly generation?: number };

/** Of the metadata what policies and their status need. */
function kept({ metadata }: ApiObject): object {
  const { name, namespace, uid, generation } = metadata as Metadata;
  return { name, ...(namespace !== undefined && { namespace }), uid, ...(generation !== undefined && { generation }) };
}
