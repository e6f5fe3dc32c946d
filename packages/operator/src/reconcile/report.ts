import { type CompileResult, type PolicyRef, identityOf, parseCanonical, shortId } from '@namewall/policy';
import type { Log } from '@namewall/telemetry';
import type { SourceState } from '../source/source.ts';

/** What people want to hear about, as texts by key: only the difference to the last time is logged. */
export interface Summary {
  /** `kind namespace/name` → '' when accepted, else why not */
  readonly policies: ReadonlyMap<string, string>;
  /** canonical selector → its identity's first eight hex digits */
  readonly identities: ReadonlyMap<string, string>;
  readonly problems: ReadonlySet<string>;
}

export const NOTHING: Summary = { policies: new Map(), identities: new Map(), problems: new Set() };

export function summarize(state: SourceState, compiled: CompileResult, problems: readonly string[]): Summary {
  const accepted = state.policies.map(({ kind, metadata }): [string, string] => {
    const namespace = kind === 'FQDNNetworkPolicy' ? (metadata.namespace ?? 'default') : '';
    return [refText({ kind, namespace, name: metadata.name }), ''];
  });
  const rejected = compiled.rejected.map(({ policy, reason, message }): [string, string] => [
    refText(policy),
    `${reason}: ${message}`,
  ]);
  const selectors = [...compiled.rulesets.values()].flatMap(({ names }) => names.map(({ selector }) => selector));
  return {
    policies: new Map([...accepted, ...rejected]),
    identities: new Map(selectors.map((text) => [text, shortId(identityOf(parseCanonical(text)))])),
    problems: new Set(problems),
  };
}

/** Logs what differs. */
export function logChanges(log: Log, before: Summary, now: Summary): void {
  for (const [policy, rejection] of now.policies) {
    if (before.policies.get(policy) === rejection) continue;
    if (rejection === '') log.info('policy accepted', { policy });
    else log.error('policy rejected', { policy, problem: rejection });
  }
  for (const policy of before.policies.keys()) if (!now.policies.has(policy)) log.info('policy gone', { policy });
  for (const [selector, identity] of now.identities) {
    if (!before.identities.has(selector)) log.info('identity in use', { identity, selector });
  }
  for (const [selector, identity] of before.identities) {
    if (!now.identities.has(selector)) log.info('identity gone', { identity, selector });
  }
  for (const problem of now.problems) if (!before.problems.has(problem)) log.error('resource refused', { problem });
}

function refText({ kind, namespace, name }: PolicyRef): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}
