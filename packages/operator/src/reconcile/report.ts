import { type Compiler, type Policy, type PolicyRef, identityOf, parseCanonical, shortId } from '@namewall/policy';
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

/** @param before what it was, to keep what did not change */
export function summarize(
  { policies }: SourceState,
  compiler: Compiler,
  problems: ReadonlySet<string>,
  before: Summary,
): Summary {
  const judged = new Map(policies.map((policy) => [refText(refOf(policy)), '']));
  for (const { policy, reason, message } of compiler.rejected) judged.set(refText(policy), `${reason}: ${message}`);
  const identities = new Map<string, string>();
  for (const { names } of compiler.rulesets.values()) {
    for (const { selector } of names) {
      if (identities.has(selector)) continue;
      identities.set(selector, before.identities.get(selector) ?? shortId(identityOf(parseCanonical(selector))));
    }
  }
  return { policies: judged, identities, problems };
}

function refOf({ kind, metadata }: Policy): PolicyRef {
  const namespace = kind === 'FQDNNetworkPolicy' ? (metadata.namespace ?? 'default') : '';
  return { kind, namespace, name: metadata.name };
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
