import { Gauge, type Registry } from 'prom-client';
import { type PinnedDatapath, mapFill } from '@namewall/datapath';
import { EndpointPhase, type PolicyClientState } from '@namewall/protocol';
import type { Endpoints } from '../endpoints/manager.ts';

/** What there is to count. */
export interface Counted {
  readonly datapath: PinnedDatapath;
  readonly endpoints: Pick<Endpoints, 'states' | 'unknown'>;
  readonly policy: () => PolicyClientState;
  readonly missed: () => number;
}

const PHASES: Readonly<Record<number, string>> = {
  [EndpointPhase.ENDPOINT_PHASE_WAITING]: 'Waiting',
  [EndpointPhase.ENDPOINT_PHASE_ATTACHED]: 'Attached',
  [EndpointPhase.ENDPOINT_PHASE_DEGRADED]: 'Degraded',
};

/** docs/observability.md has each with what it is good for. Read from the kernel when they are asked for. */
export function registerMetrics(registry: Registry, { datapath, endpoints, policy, missed }: Counted): void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    rows: () => Iterable<readonly [Partial<Record<Label, string>>, number]>,
  ): void => {
    const one: Gauge<Label> = new Gauge({
      name: `namewall_agent_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        one.reset();
        for (const [labels, value] of rows()) one.set(labels, value);
      },
    });
  };
  gauge('verdicts', 'What became of questions, answers and connections since the pins were made.', ['reason'], () =>
    [...datapath.counters()].filter(([, count]) => count > 0n).map(([reason, count]) => [{ reason }, Number(count)]),
  );
  gauge('endpoints', 'Pods of this node that policies may be for, by how far their cable is.', ['phase'], () => {
    const states = endpoints.states().map(({ phase = 0 }) => PHASES[phase] ?? 'Unknown');
    return [...Map.groupBy(states, (phase) => phase)].map(([phase, all]) => [{ phase }, all.length]);
  });
  gauge('unknown_pods', 'Pods that the CNI plugin has met and the operator has not told of.', [], () => [
    [{}, endpoints.unknown],
  ]);
  gauge('cni_missed', 'Pods since the start that the CNI plugin left without hooks.', [], () => [[{}, missed()]]);
  gauge('table_entries', 'Entries of a table.', ['table'], () =>
    mapFill(datapath).map(({ name, entries }) => [{ table: name }, entries]),
  );
  gauge('table_size', 'Entries that a table has room for.', ['table'], () =>
    mapFill(datapath).map(({ name, maxEntries }) => [{ table: name }, maxEntries]),
  );
  gauge('synced', 'Whether it holds everything that an operator has for it.', [], () => [
    [{}, policy().phase === 'synced' ? 1 : 0],
  ]);
  gauge('changes', 'Changes from the operator since the start, by what came of them.', ['outcome'], () => [
    [{ outcome: 'Applied' }, policy().changesApplied],
    [{ outcome: 'Refused' }, policy().changesRefused],
  ]);
}
