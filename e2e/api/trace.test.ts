/** kubectl apply to acknowledgement as one trace over both processes, by OTLP to real collectors. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { collectorBinary } from '../src/kube/build.ts';
import { accepted, pathOf } from '../src/kube/crds.ts';
import { KubeWorld } from '../src/kube/world.ts';
import { LabProcess } from '../src/lab/lab-process.ts';
import { command } from '../src/lab/command.ts';
import { type Namespace, inside } from '../src/lab/namespaces.ts';
import { readPolicy } from '../src/lab/scenario.ts';
import { until } from '../src/lab/until.ts';

const ENDPOINT = '127.0.0.1:4318';
const SLOW = { deadline: 60_000 };
const PACKAGES = join(import.meta.dirname, '../../packages');

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly service: string;
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
  }[];
}

let world: KubeWorld;
const files: string[] = [];
const collectors: LabProcess[] = [];

before(async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://${ENDPOINT}`;
  const binary = await collectorBinary(() => undefined);
  world = await KubeWorld.start({ shop: { app: 'shop' } });
  // Operator and agent have no network in common: each has a collector in its own.
  await startCollector(binary, 'operator', world.cluster.namespace);
  await startCollector(binary, 'agent', world.lab.node);
});
after(async () => {
  for (const collector of collectors) await collector.end('SIGKILL');
  await world.stop();
});

async function startCollector(binary: string, name: string, where: Namespace): Promise<void> {
  const { run } = world.lab;
  const [config, written] = [run.file(`${name}-collector.yaml`), run.file(`${name}-spans`)];
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: ENDPOINT } } } },
      exporters: { lines: { path: written } },
      service: {
        pipelines: { traces: { receivers: ['otlp'], exporters: ['lines'] } },
        telemetry: { metrics: { level: 'none' } },
      },
    }),
  );
  files.push(written);
  const collector = LabProcess.start(run, `${name}-collector`, inside(where, [binary, config]));
  collectors.push(collector);
  await until(
    `the collector of the ${name}`,
    async () => {
      if (collector.exit !== undefined) throw new Error(readFileSync(collector.log, 'utf8').slice(-1000));
      const { code } = await command(inside(where, ['curl', '-s', '-o', '/dev/null', `http://${ENDPOINT}/`]));
      return code === 0;
    },
    SLOW,
  );
}

function spans(): Span[] {
  const lines = files.flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []));
  return lines.flatMap((line) =>
    (JSON.parse(line) as Batch).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
    }),
  );
}

/** The trace of which an agent has written maps. */
function whole(): Span[] | undefined {
  const all = spans();
  const traces = [...Map.groupBy(all, ({ traceId }) => traceId).values()];
  const names = ['change', 'compile', 'publish', 'delta', 'apply', 'map writes'];
  return traces.findLast((trace) => names.every((name) => trace.some((span) => span.name === name)));
}

test('a policy that is applied makes one trace, from the watch to the acknowledgement', async () => {
  const text = readPolicy();
  accepted(
    await world.cluster.client.apply(`${pathOf('FQDNNetworkPolicy')}/shop`, 'kubectl', parse(text), { force: true }),
  );
  const trace = await until('a trace of both processes', whole, SLOW);
  const one = (name: string): Span => {
    const found = trace.filter((span) => span.name === name);
    assert.equal(found.length, 1, `${found.length} spans "${name}"`);
    const [span] = found;
    assert.ok(span);
    return span;
  };
  const [change, apply] = [one('change'), one('apply')];
  assert.equal(change.parentSpanId ?? '', '');
  assert.deepEqual([change.service, one('delta').service], ['namewall-operator', 'namewall-operator']);
  assert.deepEqual([apply.service, one('map writes').service], ['namewall-agent', 'namewall-agent']);
  const parents = ['compile', 'publish', 'delta', 'apply'].map((name) => one(name).parentSpanId);
  assert.deepEqual(new Set(parents), new Set([change.spanId]));
  assert.equal(one('map writes').parentSpanId, apply.spanId);
  const [delta, writes] = [one('delta'), one('map writes')];
  assert.ok(BigInt(change.startTimeUnixNano) <= BigInt(one('compile').startTimeUnixNano));
  assert.ok(BigInt(delta.startTimeUnixNano) <= BigInt(writes.startTimeUnixNano));
  assert.ok(BigInt(writes.endTimeUnixNano) <= BigInt(delta.endTimeUnixNano));
  // People come from a line of the log to its trace.
  const { namewall } = world;
  for (const { log } of [namewall.operator, namewall.agent].flatMap((process) => process ?? [])) {
    assert.ok(readFileSync(log, 'utf8').includes(`"traceparent":"00-${change.traceId}-`), log);
  }
});

test('without an endpoint nothing of OpenTelemetry is loaded', async () => {
  const hook = world.lab.run.file('loaded.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { if (url.includes('@opentelemetry')) console.error('loaded', url); return next(url, context); } });`,
  );
  const start = async (endpoint: string): Promise<string> => {
    const argv = [process.execPath, '--import', hook, join(PACKAGES, 'operator/src/main.ts')];
    const flags = ['--source', '/nowhere', '--listen', 'unix:/nowhere/operator.sock', '--node', 'lab'];
    const env = ['env', `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`];
    return (await command([...env, ...argv, ...flags])).stderr;
  };
  assert.ok(!(await start('')).includes('loaded'));
  // The control: with one it is.
  assert.match(await start('http://127.0.0.1:1'), /loaded .*@opentelemetry/u);
});
