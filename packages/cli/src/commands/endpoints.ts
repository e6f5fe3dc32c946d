import type { EndpointStatusInput } from '@namewall/protocol';
import type { GlobalOptions, Io, OutputOptions } from '../io.ts';
import { pinnedEndpoints } from '../pins.ts';
import { type Column, renderTable } from '../render/table.ts';
import { formatBytes, toJson } from '../render/text.ts';
import { agentOrPins } from '../source.ts';

const PHASES = ['unknown', 'waiting', 'attached', 'degraded'];

function policyNames({ policies, ruleset }: EndpointStatusInput): string {
  if (policies === undefined || policies.length === 0) return ruleset ? `ruleset ${ruleset.slice(0, 8)}` : 'none';
  return policies.map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : (name ?? ''))).join(',');
}

function hookNames({ hooks }: EndpointStatusInput): string {
  return (hooks ?? []).map((hook) => `${hook.interface}:${hook.direction}:${hook.attachment}`).join(',');
}

/** Flows that the rules would not allow: older than the pod's selection + left by an edit to close by themselves. */
function outliving({ usage }: EndpointStatusInput): string {
  return `${usage?.grandfathered ?? 0}+${usage?.untilClose ?? 0}`;
}

/** Different names asked under wildcards, about, and the octets of all of them: `~1200 (34.5 KiB)`. */
function wildcardNames({ counts }: EndpointStatusInput): string {
  const names = BigInt(counts?.wildcardNames ?? 0);
  return names === 0n ? '0' : `~${names} (${formatBytes(BigInt(counts?.wildcardOctets ?? 0))})`;
}

export const ENDPOINT_COLUMNS: readonly Column<EndpointStatusInput>[] = [
  { title: 'NAMESPACE', value: ({ namespace }) => namespace ?? '' },
  { title: 'POD', value: ({ name }) => name ?? '' },
  { title: 'ENDPOINT', value: ({ number }) => (number ? String(number) : ''), right: true },
  {
    title: 'STATE',
    value: ({ phase, reason }) => (phase === 2 ? 'attached' : `${PHASES[phase ?? 0] ?? 'unknown'} (${reason})`),
  },
  { title: 'POLICIES', value: policyNames },
  { title: 'LEARNED', value: ({ usage }) => String(usage?.learned ?? 0), right: true },
  { title: 'FLOWS', value: ({ usage }) => String((usage?.flowsOut ?? 0) + (usage?.flowsIn ?? 0)), right: true },
  { title: 'OUTLIVING', value: outliving, right: true },
  { title: 'WILDCARD NAMES', value: wildcardNames, right: true },
  { title: 'REFUSED', value: ({ counts }) => String(counts?.refused ?? 0), right: true },
  { title: 'DENIED', value: ({ counts }) => String(counts?.denied ?? 0), right: true },
  { title: 'HOOKS', value: hookNames },
];

export async function endpoints(options: GlobalOptions & OutputOptions, io: Io): Promise<void> {
  const rows = await agentOrPins<EndpointStatusInput[]>(
    options,
    io,
    (client) => Array.fromAsync(client.endpoints({}, io.signal)),
    pinnedEndpoints,
  );
  if (options.output === 'json') for (const row of rows) io.out(`${toJson(row)}\n`);
  else {
    io.out(renderTable(ENDPOINT_COLUMNS, rows));
    for (const { namespace, name, phase, message } of rows) {
      if (phase !== 2 && message) io.out(`${namespace}/${name}: ${message}\n`);
    }
  }
}
