/** Quotas and full tables, with the numbers and what to change. */
import type { Share } from '../facts.ts';
import { formatNumber } from './text.ts';
import { type Words, words } from './words.ts';

interface Table {
  readonly things: string;
  /** In NamewallConfig, quotas; undefined: a sixteenth of the table. */
  readonly quota: string | undefined;
  /** Of the agent's --size. */
  readonly size: string;
}

export const QUESTIONS: Table = { things: 'open questions', quota: 'pending', size: 'pending' };
export const STREAMS: Table = { things: 'connections to resolvers', quota: undefined, size: 'streams' };
export const FLOWS: Table = { things: 'flows', quota: 'flowsOut', size: 'flows' };

/** Larger tables need new pins. */
const larger = ({ size }: Table, { entries }: Share): string =>
  `make the table larger: namewallctl detach --all, then agent --size ${size}=${2 * entries}`;

export function overQuota(table: Table, share: Share): Words {
  const { things, quota } = table;
  const raise = quota === undefined ? larger(table, share) : `raise quotas.${quota} in NamewallConfig`;
  return words(`the pod has ${formatNumber(share.held)} ${things}; its quota is ${formatNumber(share.quota)}`, {
    fix: `${raise}, or find out what opens so many`,
  });
}

export function tableFull(table: Table, share: Share): Words {
  const taken = `${formatNumber(share.taken)} of ${formatNumber(share.entries)}`;
  return words(`the table of ${table.things} is full for all pods (${taken})`, {
    fix: `lower the quotas in NamewallConfig, or ${larger(table, share)}`,
  });
}
