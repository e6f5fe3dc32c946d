/** Every flag that the chart gives is one that our programs have: they read all of them before they obey --help. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { render } from '../src/kube/chart.ts';
import { command } from '../src/lab/command.ts';

const PACKAGES = resolve(import.meta.dirname, '../../packages');

/** What is started by which of our programs, by the first word of its command or by its image. */
const STARTED: readonly (readonly [program: RegExp, main: string])[] = [
  [/^namewallctl$/u, 'cli'],
  [/^namewall-operator(?::.*)?$/u, 'operator'],
  [/^namewall-agent:.*$/u, 'agent'],
];

const SETS: readonly (readonly string[])[] = [
  [],
  [
    'sharedSuffixes.deny=true',
    'telemetry.otlpEndpoint=http://collector:4318',
    'agent.sizes.flows=65536',
    'agent.cni.enabled=true',
  ],
  [
    'identities=0',
    'certificates.existingSecret=corp-ca',
    'metrics.port=0',
    'agent.cni.takeOut=true',
    'dnsServices={kube-system/kube-dns,dns/local}',
  ],
];
for (const values of SETS) {
  test(`every program knows the flags that it is given: ${values.join(' ') || 'the defaults'}`, async () => {
    let started = 0;
    for (const container of containersOf(await render(values))) {
      const [program = container.image, ...rest] = container.command ?? [];
      const main = STARTED.find(([pattern]) => pattern.test(program))?.[1];
      if (main === undefined) {
        assert.match(program, /^(?:node|sleep)$/u);
        continue;
      }
      started += 1;
      const argv = [process.execPath, join(PACKAGES, main, 'src/main.ts'), ...rest];
      const { code, stdout, stderr } = await command([...argv, ...(container.args ?? []), '--help']);
      assert.equal(code, 0, `${program}: ${stderr}`);
      assert.match(stdout, /^Usage: /u);
    }
    assert.ok(started >= 4, String(started));
  });
}

test('the control: a flag that it does not know is refused', async () => {
  for (const main of ['operator', 'agent'] as const) {
    const argv = [process.execPath, join(PACKAGES, main, 'src/main.ts'), '--no-such-flag', '--help'];
    const { code } = await command(argv);
    assert.equal(code, 2);
  }
});

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** Every container in a template of pods or a pod. */
function containersOf(value: unknown): Container[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(containersOf);
  return Object.entries(value).flatMap(([name, below]) =>
    name === 'containers' || name === 'initContainers' ? (below as Container[]) : containersOf(below),
  );
}
