import { ResourceType } from '../messages.ts';
import type { EncodedResource, ResourceId } from '../resource.ts';
import type { Difference, Versions } from './difference.ts';
import type { Resources } from './wanted.ts';

/** What an agent has acknowledged to enforce, of the endpoints: all of it, or what has changed. */
export interface AppliedEndpoints {
  /** Nothing else is applied; otherwise it is a change to what was told before. */
  readonly whole: boolean;
  /** pod UID → id of its ruleset, '' = not selected */
  readonly upserts: ReadonlyMap<string, string>;
  readonly removals: readonly string[];
}

/** Of what the agent holds, the endpoints that are as they are wanted: of the others no ruleset is known. */
export function appliedOf(held: Versions, wanted: Resources): AppliedEndpoints {
  const upserts = new Map<string, string>();
  for (const resource of wanted.values()) {
    if (isEndpoint(resource) && held.get(resource.key) === resource.text) {
      upserts.set(resource.name, rulesetOf(resource));
    }
  }
  return { whole: true, upserts, removals: [] };
}

/** What an acknowledged change did to the endpoints. */
export function appliedBy({ upserts, removals }: Difference): AppliedEndpoints {
  return {
    whole: false,
    upserts: new Map(upserts.filter(isEndpoint).map((resource) => [resource.name, rulesetOf(resource)])),
    removals: removals.filter(isEndpoint).map(({ name }) => name),
  };
}

function isEndpoint({ type }: ResourceId): boolean {
  return type === ResourceType.RESOURCE_TYPE_ENDPOINT;
}

function rulesetOf({ needs }: EncodedResource): string {
  return needs?.name ?? '';
}
