/** docs/semantics.md, made of the examples. */
import type { Example } from './example.ts';
import { MERGED, MODES } from './modes.ts';
import { PACKETS } from './packets.ts';
import { QUESTIONS } from './questions.ts';
import { RULES } from './rules.ts';

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly examples: readonly Example[];
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Absent, empty, audited',
    text:
      'A policy with `egress`, be it empty, isolates its pods: what no rule allows is denied, outside the cluster. ' +
      'Without `egress` only its denies apply. An `enforcementMode: Audit` policy yields a second verdict, which is told and never enforced.',
    examples: MODES,
  },
  {
    title: 'Rules',
    text:
      'Rules are sets: their order never matters, those of all policies that select a pod add up. Of all that fit a packet ' +
      'a CIDR deny decides (a cluster policy’s before others), then a name deny with `strictDeny`, then an allow, then a name deny. ' +
      'A rule by name means the addresses that this pod was answered for it, as long as they live: min(max(TTL, floor), ceiling) + grace.',
    examples: RULES,
  },
  {
    title: 'Questions',
    text:
      'What the pod may ask of the trusted resolvers. A name is judged here, and only here: who may ask may learn. ' +
      'Names are filtered where a policy that is enforced has `egress`, or says `queries: Matched`, and none says `All`.',
    examples: QUESTIONS,
  },
  {
    title: 'What several policies say of names and flows',
    text: '`dns` and `connections` of all enforced policies that select the pod become one.',
    examples: MERGED,
  },
  {
    title: 'Packets, row by row',
    text: 'The rows of [ADR 0003](adr/0003-verdict-order.md): the first that applies decides.',
    examples: PACKETS,
  },
];

function verdictOf({ action, reason, audited, rcode }: Example): string {
  const answered = rcode === undefined ? action : `${action}, ${rcode}`;
  return `| ${audited === true ? `${answered}; audited: refuse` : answered} | \`${reason}\` |`;
}

function rowOf(example: Example): string {
  const { name, given, nodeSwitch, before, sent } = example;
  const node = nodeSwitch === undefined ? [] : [`node switch: ${nodeSwitch}`];
  const steps = [...node, ...before.map(({ text }) => text)].join('; ');
  const cells = [name, given.text, steps, sent.text].map((cell) => cell.replaceAll('|', '\\|'));
  return `| ${cells.join(' | ')} ${verdictOf(example)}`;
}

function sectionOf({ title, text, examples }: Section): string {
  const head = '| example | policies | before | the pod sends | verdict | reason |\n|---|---|---|---|---|---|';
  return `## ${title}\n\n${text}\n\n${head}\n${examples.map(rowOf).join('\n')}\n`;
}

export function pageOf(sections: readonly Section[]): string {
  return `# What a policy means

Each row is a test: the policies are applied as documents, the packets given to the datapath, and its verdict and reason
held to the row and to the oracle, which reads the policies as they are written (\`packages/oracle/src/spec\`). Policies
stand here by their \`spec\`, in the pod's namespace and for every pod of it unless the row says otherwise; \`cluster:\` is a
ClusterFQDNNetworkPolicy. Reasons are those of \`bpf/lib/reasons.h\`, as \`namewallctl status\` counts them.

\`api.example\` and \`www.example\` have the address 203.0.113.1 in common; \`meta.test\` has 169.254.169.254. The cluster is 198.18.0.0/16 and
169.254.0.0/16, its API server 192.0.2.10, the resolver 192.0.2.53. The pod is 198.18.4.1, with \`corp.test\` in its search
list. Answers have a TTL of 2 minutes 30 at most; the node's floor is 30 seconds, its ceiling 10 minutes 30, grace 1 minute, idle window 0, grandfather
time 5 minutes 30.

Written by \`UPDATE_DOCS=1 node --test packages/oracle/test/semantics.test.ts\`.

${sections.map(sectionOf).join('\n')}`;
}
