import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OperatorError } from './errors.ts';
import { readFlags } from './flags.ts';

const GOOD = ['--source', '/etc/namewall', '--listen', 'unix:/run/o.sock', '--node', 'n1'];

test('flags and their defaults', () => {
  assert.deepEqual(readFlags([...GOOD, '--identity', 'one']), {
    source: '/etc/namewall',
    listen: 'unix:/run/o.sock',
    node: 'n1',
    kubeconfig: undefined,
    config: undefined,
    configMap: undefined,
    dnsServices: ['kube-system/kube-dns'],
    namespace: 'namewall',
    caSecret: 'namewall-ca',
    identity: 'one',
    address: '',
    identities: 1000,
    stateDir: undefined,
    metrics: undefined,
    logFormat: 'json',
    logLevel: 'info',
  });
  assert.equal(readFlags(['--help']), undefined);
});

const BAD: [args: string[], message: RegExp][] = [
  [GOOD.slice(0, 4), /^--node: is missing; see --help$/u],
  [[...GOOD, '--log-format', 'xml'], /^--log-format: "xml" is not known; write one of json, text$/u],
  [[...GOOD, '--dns-service', 'kube-dns'], /^--dns-service: "kube-dns" is not NAMESPACE\/NAME; write it like /u],
  [[...GOOD, '--identities', 'all'], /^--identities: "all" is no number; write 0 to 999999$/u],
  [[...GOOD, '--listen', 'tls:[::]:9443'], /^--listen: tls: needs --source kubernetes; write unix:/u],
  [[...GOOD, '--nod', 'x'], /'--nod'.*; see --help$/u],
];
for (const [args, message] of BAD) {
  test(`refused: ${args.slice(-2).join(' ')}`, () => {
    assert.throws(
      () => readFlags(args),
      (error) => error instanceof OperatorError && error.code === 'USAGE' && message.test(error.message),
    );
  });
}
