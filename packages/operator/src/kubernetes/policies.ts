import { API_VERSION, type Policy, type Problem, formatPath, validate } from '@namewall/policy';
import type { SourceProblem } from '../source/source.ts';
import { type ApiObject, keyOf } from './list-watch.ts';

/** A policy as the API server has it, judged by the schema of today. */
export interface JudgedPolicy {
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

  constructor(kind: Policy['kind']) {
    this.#kind = kind;
  }

  judge(object: ApiObject & { readonly spec?: unknown }): JudgedPolicy {
    const { namespace, name } = object.metadata;
    const key = keyOf(object);
    // Without the status: what we write there ourselves is no change.
    const asWritten = { apiVersion: API_VERSION, kind: this.#kind, metadata: kept(object), spec: object.spec };
    const result = validate(asWritten);
    if (result.ok) {
      const policy = result.value as Policy;
      this.#good.set(key, policy);
      return { policy, problem: undefined, warnings: result.warnings.map(inWords) };
    }
    const origin = `${this.#kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
    const text = result.errors.map(inWords).join('\n');
    const policy = this.#good.get(key);
    return { policy, problem: { origin, text, earlierInForce: policy !== undefined }, warnings: [] };
  }

  forget(key: string): void {
    this.#good.delete(key);
  }
}

function inWords({ path, reason, fix }: Problem): string {
  return `${path.length === 0 ? '' : `${formatPath(path)}: `}${reason}; ${fix}`;
}

/** Of the metadata what policies and their status need. */
function kept({ metadata }: ApiObject): object {
  const { name, namespace, uid, generation } = metadata as ApiObject['metadata'] & { readonly generation?: number };
  return { name, ...(namespace !== undefined && { namespace }), uid, ...(generation !== undefined && { generation }) };
}
