import { Gauge, Histogram, type Registry } from 'prom-client';
import type { RunningOperator } from './operator.ts';
import type { Security } from './security/start.ts';

/** What there is to count, as far as it has started. */
export interface Counted {
  operator: RunningOperator | undefined;
  security: Security | undefined;
  /** Whether this replica leads. */
  leading: boolean;
}

/** Seconds from a state of the source to its changes on their way; told by whoever reconciles. */
interface Timings {
  observe(seconds: number): void;
}

/** docs/observability.md has each with what it is good for. @returns what reconciling is timed with */
export function registerMetrics(registry: Registry, counted: Counted): Timings {
  const registers = [registry];
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    rows: () => Iterable<readonly [Partial<Record<Label, string>>, number]>,
  ): void => {
    const one: Gauge<Label> = new Gauge({
      name: `namewall_operator_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        one.reset();
        for (const [labels, value] of rows()) one.set(labels, value);
      },
    });
  };
  gauge('policies', 'Policies, by whether they can be used.', ['accepted'], () => {
    const all = Object.values(counted.operator?.status().policies ?? {});
    const accepted = all.filter((rejection) => rejection === '').length;
    return [
      [{ accepted: 'true' }, accepted],
      [{ accepted: 'false' }, all.length - accepted],
    ];
  });
  gauge('problems', 'Objects that are not in force as they are written.', [], () => [
    [{}, counted.operator?.status().problems.length ?? 0],
  ]);
  gauge('identities', 'Different selectors in use.', [], () => [[{}, counted.operator?.status().identities ?? 0]]);
  gauge('streams', 'Agents connected to this replica, by whether they hold everything.', ['in_sync'], () => {
    const streams = counted.operator?.status().streams ?? [];
    const synced = streams.filter(({ inSync }) => inSync).length;
    return [
      [{ in_sync: 'true' }, synced],
      [{ in_sync: 'false' }, streams.length - synced],
    ];
  });
  gauge('nodes', 'Nodes whose agent was seen by any replica that this one knows of.', ['connected'], () => {
    const nodes = [...(counted.operator?.nodes.all() ?? [])];
    const connected = nodes.filter((node) => node.connected).length;
    return [
      [{ connected: 'true' }, connected],
      [{ connected: 'false' }, nodes.length - connected],
    ];
  });
  gauge('leading', 'Whether this replica leads.', [], () => [[{}, counted.leading ? 1 : 0]]);
  gauge('enrolments', 'Enrolments and renewals of agents since the start, by what came of them.', ['outcome'], () => {
    const { granted = 0, failed = 0, refused = {} } = counted.security?.enrolments.counts ?? {};
    const refusals = Object.entries(refused).map(([outcome, count]) => [{ outcome }, count] as const);
    return [[{ outcome: 'Granted' }, granted], [{ outcome: 'Failed' }, failed], ...refusals];
  });
  return new Histogram({
    name: 'namewall_operator_reconcile_seconds',
    help: 'From a state of the source to its changes on their way.',
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
}
