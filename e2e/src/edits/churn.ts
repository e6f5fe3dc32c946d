/**
 * Edits without end that never touch what the load relies on: names, ports and denies come and go, a second
 * policy appears and disappears, the pod changes from one policy to another that allows the same.
 */
import { podManifest } from '../lab/manifests.ts';
import type { Namewall } from '../lab/namewall.ts';
import type { Pod } from '../lab/pod.ts';

/** Names that a policy of the churn holds at a time. */
const HELD = 8;

/** The name that edit `number` brings, and edit `number` + some later one takes away. */
const churnName = (number: number): string => `c${number}.churn.shop.example`;

const header = (name: string, side?: string): string => `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata:
  name: ${name}
  namespace: default
spec:
  podSelector:
    matchLabels:
      ${side === undefined ? 'app: shop' : `side: ${side}`}
`;

const rule = (name: string, port: number): string => `  - to:
    - fqdn:
        matchName: ${name}
    ports:
    - protocol: TCP
      port: ${port}
`;

const names = (number: number): string[] =>
  Array.from({ length: Math.min(HELD, number + 1) }, (_, back) => churnName(number - back));

type Edit = (namewall: Namewall, pod: Pod, number: number) => void;

const moreNames: Edit = (namewall, _pod, number) => {
  const rules = names(number).map((name) => rule(name, 443));
  namewall.write('churn-names.yaml', `${header('names')}  egress:\n${rules.join('')}`);
};

const otherPort: Edit = (namewall, _pod, number) =>
  namewall.write('churn-port.yaml', `${header('port')}  egress:\n${rule('ports.churn.shop.example', 1000 + number)}`);

const otherDeny: Edit = (namewall, _pod, number) =>
  namewall.write(
    'churn-deny.yaml',
    `${header('deny')}  egressDeny:\n  - to:\n    - fqdn:\n        matchName: ${churnName(number)}\n`,
  );

const comesOrGoes: Edit = (namewall, _pod, number) => {
  const text = `${header('passing')}  egress:\n${rule('passing.churn.shop.example', 443)}`;
  if (number % (2 * EDITS.length) < EDITS.length) namewall.write('churn-passing.yaml', text);
  else namewall.remove('churn-passing.yaml');
};

const otherSide: Edit = (namewall, pod, number) => {
  const side = number % (2 * EDITS.length) < EDITS.length ? 'left' : 'right';
  const labels = podManifest(pod).replace('  labels:\n', `  labels:\n    side: ${side}\n`);
  namewall.write(`pod-${pod.name}.yaml`, labels);
};

const EDITS: readonly Edit[] = [moreNames, otherPort, otherDeny, comesOrGoes, otherSide];

/** The policies of the two sides that the pod changes between; written once. */
export function writeSides(namewall: Namewall): void {
  for (const side of ['left', 'right']) {
    const own = rule(`${side}.churn.shop.example`, 443);
    namewall.write(`churn-${side}.yaml`, `${header(side, side)}  egress:\n${own}`);
  }
}

/** One edit of the source; every one changes what the pod's ruleset says. */
export function editOnce(namewall: Namewall, pod: Pod, number: number): void {
  EDITS[number % EDITS.length]?.(namewall, pod, number);
}

/** The name that the newest edit of names up to `number` brought, and one that was taken away before. */
export function namesAt(number: number): { held: string; gone: string } {
  const newest = number - (number % EDITS.length);
  return { held: churnName(newest), gone: churnName(newest - HELD - 1) };
}
