import { type NameRule, nameToWire, parseSelector } from '@namewall/policy';

export type PodName = 'open' | 'narrow';

export interface PodRule extends NameRule {
  readonly handle: number;
}

export interface PodRules {
  /** Of the endpoint and of its ruleset. */
  readonly number: number;
  readonly rules: readonly PodRule[];
}

const ALLOW = 'allow';
const DENY = 'deny';

function rules(first: number, texts: readonly (readonly [effect: 'allow' | 'deny', text: string])[]): PodRule[] {
  return texts.map(([effect, text], i) => ({
    handle: first + i,
    selector: parseSelector({ matchPattern: text }),
    allows: effect === ALLOW,
    denies: effect === DENY,
  }));
}

/** Two pods: one may ask for every name; one for few, so that it is refused and expansions matter. */
export const PODS: Readonly<Record<PodName, PodRules>> = {
  open: { number: 1, rules: rules(1, [[ALLOW, '*']]) },
  narrow: {
    number: 2,
    rules: rules(2, [
      [ALLOW, '**.cluster.local'],
      [ALLOW, 'api.stripe.com'],
      [ALLOW, '*.stripe.com'],
      [DENY, 'evil.stripe.com'],
      [DENY, '**.tracker.example'],
      [ALLOW, 'ads.tracker.example'],
      [ALLOW, 'stripe'],
      [ALLOW, 'api.eu'],
    ]),
  },
};

/** The search list of both. */
export const SEARCH: readonly Uint8Array[] = [
  'shop.svc.cluster.local',
  'svc.cluster.local',
  'cluster.local',
  'eu.corp.example',
  'corp.example',
].map(nameToWire);
