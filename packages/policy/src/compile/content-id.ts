import { createHash } from 'node:crypto';
import type { CompiledRow, CompiledRuleset } from './types.ts';

/**
 * A ruleset's id: 32 hex digits, the first 16 octets of SHA-256 over its content. Equal content is an
 * equal id, on every replica and after every restart; the policies that it names belong to it.
 */
export function rulesetId(ruleset: CompiledRuleset): string {
  const { flags, names, cidrs, durations, policies } = ruleset;
  const content = [
    'v1',
    flags,
    names.map(({ selector, query, rows }) => [selector, query, rows.map(rowFields)]),
    cidrs.map(({ prefix, prefixLength, rows }) => [hex(prefix), prefixLength, rows.map(rowFields)]),
    [durations.ttlFloor, durations.ttlCeiling, durations.ttlGrace, durations.idleWindow].map(String),
    policies.map(({ kind, namespace, name }) => [kind, namespace, name]),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

function rowFields(row: CompiledRow): number[] {
  return [row.precedence, row.protocol, row.portFirst, row.portLast, row.flags, row.policy];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
