/** What to write where, so that a refusal ends. */
import { formatAddress, isMapped, parseSelector } from '@namewall/policy/names';
import type { PolicyRef } from '@namewall/protocol';
import type { ConnectionQuestion, Rules } from '../facts.ts';
import { hasPorts, policyText, protocolName } from './text.ts';

/** Where a rule may be added: the first namespaced policy, which its owner can edit; else the first. */
function policyToEdit(rules: Rules | undefined): PolicyRef | undefined {
  return rules?.policies?.find(({ namespace }) => namespace !== '') ?? rules?.policies?.[0];
}

function addTo(rules: Rules | undefined): string {
  const policy = policyToEdit(rules);
  if (policy === undefined) return 'add to a policy of the pod, under egress:';
  return `add to ${policy.namespace === '' ? '' : 'policy '}${policyText(policy)}, under egress:`;
}

/** A plain scalar where YAML reads it as the same text. */
const scalar = (text: string): string => (/^[a-z0-9_][-a-z0-9_.]*[a-z]$/.test(text) ? text : `'${text}'`);

function ports(port: Pick<ConnectionQuestion, 'protocol' | 'port'> | undefined): string[] {
  if (port === undefined) return [];
  if (!hasPorts(port.protocol)) return PING.has(port.protocol) ? ['  ports: [{protocol: ICMP}]'] : [];
  return [`  ports: [{protocol: ${protocolName(port.protocol)}, port: ${port.port}}]`];
}

const PING: ReadonlySet<number> = new Set([1, 58]);

/** A rule that selects the name; one that no policy can write needs names unfiltered. */
export function allowName(rules: Rules | undefined, name: string, port?: ConnectionQuestion): string {
  try {
    parseSelector({ matchName: name });
  } catch {
    return 'no policy can write this name: ask for another, or set dns.queries: All in a policy of the pod';
  }
  return [addTo(rules), `- to: [{fqdn: {matchName: ${scalar(name.toLowerCase())}}}]`, ...ports(port)].join('\n');
}

export function allowAddress(rules: Rules | undefined, question: ConnectionQuestion): string {
  const { address } = question;
  const cidr = `${formatAddress(address)}/${isMapped(address) ? 32 : 128}`;
  return [addTo(rules), `- to: [{cidr: ${isMapped(address) ? cidr : `'${cidr}'`}}]`, ...ports(question)].join('\n');
}
