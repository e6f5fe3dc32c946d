import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_SIZE_MAX, checkDocuments, formatPath, formatProblem, readDocuments } from './documents.ts';

const POLICY = `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata: {name: pay, namespace: shop}
spec:
  podSelector: {}
  egress:
  - to:
    - fqdn: {matchName: api.example.com}
`;

const errorsOf = (source: string | Uint8Array): string[] => checkDocuments(source, 'p.yaml').errors.map(formatProblem);

test('several documents of a file, empty ones left out', () => {
  const { documents, errors } = checkDocuments(`---\n${POLICY}---\n---\n${POLICY.replace('pay', 'two')}`, 'p.yaml');
  assert.deepEqual(errors, []);
  assert.deepEqual(
    documents.map(({ line, document }) => [line, document.metadata.name]),
    [
      [2, 'pay'],
      [12, 'two'],
    ],
  );
  assert.deepEqual(readDocuments('', 'p.yaml'), { documents: [], errors: [] });
});

test('a problem is at the line of its field, or of the nearest one around it', () => {
  const [document] = readDocuments(POLICY, 'p.yaml').documents;
  assert.equal(document?.lineOf(['spec', 'egress', 0, 'to', 0, 'fqdn', 'matchName']), 8);
  assert.equal(document.lineOf(['spec', 'egress', 0, 'ports', 3]), 7);
  assert.equal(document.lineOf(['spec', 'podSelector', 'matchLabels']), 5);
  assert.equal(document.lineOf(['status']), 1);
});

test('errors read file:line: field: reason; fix', () => {
  const [error] = errorsOf(POLICY.replace('api.example.com', '"*.example.com"'));
  assert.match(error ?? '', /^p\.yaml:8: spec\.egress\[0\]\.to\[0\]\.fqdn\.matchName: .+; .+/u);
  assert.equal(formatPath(['metadata', 'annotations', 'a.b/c']), 'metadata.annotations["a.b/c"]');
});

test('one bad document: the file has none', () => {
  assert.equal(checkDocuments(`${POLICY}---\nkind: Nothing\n`, 'p.yaml').documents.length, 0);
});

const BAD: { name: string; source: string | Uint8Array; error: RegExp }[] = [
  { name: 'half written', source: POLICY.slice(0, -5), error: /^p\.yaml:\d+: is not valid YAML: .*; correct/u },
  {
    name: 'a key twice',
    source: 'kind: Pod\nkind: Pod\n',
    error: /^p\.yaml:2: is not valid YAML: the key "kind" stands here twice; correct/u,
  },
  { name: 'unknown tag', source: 'kind: !secret x\n', error: /^p\.yaml:1: is not valid YAML: Unresolved tag/u },
  { name: 'not UTF-8', source: Uint8Array.of(0xff, 0xfe, 0x41), error: /is not UTF-8 text; save it/u },
  {
    name: 'too large',
    source: Buffer.alloc(FILE_SIZE_MAX + 1, '#'),
    error: /1048577 octets, 1048576 is the most; split/u,
  },
  { name: 'nested too deeply', source: '['.repeat(20_000), error: /^p\.yaml:1: is nested too deeply; write/u },
  { name: 'a list', source: '[]', error: /^p\.yaml:1: is not a mapping; write/u },
];
for (const { name, source, error } of BAD) {
  test(`refused: ${name}`, () => assert.match(errorsOf(source)[0] ?? '', error));
}

test('refused: an alias bomb', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]`);
  assert.match(
    errorsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)[0] ?? '',
    /has too many aliases: .*; write the repeated/u,
  );
});
