/** Which port to ask about when none was given: one that a rule allows, else HTTPS. */
import { isAudit, isDeny, applyRows } from './decide/rows.ts';
import type { ConnectionFacts, PortRow } from './facts.ts';
import type { Target } from './read/facts.ts';
import { hasPorts } from './words/text.ts';

const TCP = 6;
const HTTPS = 443;

function portOf({ portFirst, portLast }: PortRow): number {
  return portFirst <= HTTPS && HTTPS <= portLast ? HTTPS : portFirst;
}

/** @param protocol 0 = none given either */
export function pickPort(address: Uint8Array, protocol: number, facts: ConnectionFacts): Target {
  const fallback = { address, protocol: protocol === 0 ? TCP : protocol, port: HTTPS };
  if (!hasPorts(fallback.protocol)) return { ...fallback, port: 0 };
  const rules = facts.pod?.rules;
  if (rules === undefined) return fallback;
  const allowing = applyRows(rules, fallback, facts).candidates.find(
    ({ row }) =>
      !isDeny(row) &&
      !isAudit(row) &&
      (row.protocol === 0 || (protocol === 0 ? hasPorts(row.protocol) : row.protocol === protocol)),
  );
  if (allowing === undefined) return fallback;
  const { row } = allowing;
  return { address, protocol: row.protocol === 0 ? fallback.protocol : row.protocol, port: portOf(row) };
}
