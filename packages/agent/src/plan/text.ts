import { NwText } from '@namewall/datapath';
import type { Ruleset } from '@namewall/protocol';

/**
 * What a refused name is told in its EDE text: the first policy that selects the pod, at most 64 octets. A
 * cluster policy's name is not a tenant's to know.
 */
export function refusalText(policies: Ruleset['policies']): string {
  const [first] = policies;
  if (first === undefined) return '';
  if (first.namespace === '') return 'cluster policy';
  return `${first.kind}/${first.namespace}/${first.name}`.slice(0, NwText.MAX);
}
