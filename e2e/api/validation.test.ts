import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { type Problem, formatPath, validate } from '@namewall/policy';
import { ACCEPTED, REFUSED, REFUSED_SELECTORS } from '@namewall/policy/tables';
import type { Answer } from '../src/kube/client.ts';
import { ControlPlane } from '../src/kube/control-plane.ts';
import { accepted, installDefinitions, pathOf } from '../src/kube/crds.ts';

/*
 * The API server and validate() answer alike: what one accepts the other does, and where our own rule in CEL refuses,
 * it names the same field in the same words. All that differs stands in the tables here, with the reason.
 */

let cluster: ControlPlane;
before(async () => {
  cluster = await ControlPlane.start();
  await installDefinitions(cluster.client);
});
after(() => cluster.stop());

/** What a row's document is sent as; undefined where the API server has no such kind of ours. */
function kindOf(doc: unknown): string | undefined {
  const kind = (doc as { kind?: unknown }).kind;
  return kind === 'FQDNNetworkPolicy' || kind === 'ClusterFQDNNetworkPolicy' ? kind : undefined;
}

function send(doc: unknown): Promise<Answer> {
  return cluster.client.create(pathOf(String(kindOf(doc))), doc, { dry: true });
}

/** `field: message` of everything that the API server found wrong. */
function told({ body }: Answer): string {
  const causes = body.details?.causes ?? [];
  if (causes.length === 0) return body.message ?? '';
  return causes.map(({ field, message }) => `${field}: ${message}`).join('\n');
}

/** The API server's own checks, of types, sizes and names: its words, the same field. */
const OWN_WORDS: Readonly<Record<string, RegExp>> = {
  'another apiVersion': /the API version in the data \(v1\) does not match/u,
  'no name': /metadata\.name: .*name or generateName is required/u,
  'a bad name': /metadata\.name: .*"A_b".*lowercase/u,
  'no spec': /^spec: Required value/u,
  'no podSelector': /^spec\.podSelector: Required value/u,
  'an empty podSelector line': /^spec\.podSelector: (Required|Invalid) value/u,
  'an unknown field': /unknown field "spec\.egres"/u,
  'an unknown field far from all': /unknown field "spec\.zzzzz"/u,
  'a field of the cluster kind': /unknown field "spec\.namespaceSelector"/u,
  'a value mistyped': /^spec\.enforcementMode: Unsupported value: "audit": supported values: "Enforce", "Audit"/u,
  'egress that is no list': /^spec\.egress: Invalid value: "object": .* must be of type array/u,
  'no to': /^spec\.egress\[0\]\.to: Required value/u,
  'port 0': /^spec\.egress\[0\]\.ports\[0\]\.port: .*greater than or equal to 1/u,
  'port 65536': /^spec\.egress\[0\]\.ports\[0\]\.port: .*less than or equal to 65535/u,
  'a port in quotes': /^spec\.egress\[0\]\.ports\[0\]\.port: .*must be of type integer: "string"/u,
  'too many entries': /^spec\.egress\[0\]\.to: Too many: 501: must have at most 500 items/u,
  'too many ports': /^spec\.egress\[0\]\.ports: Too many: 17: must have at most 16 items/u,
  'too many rules': /^spec\.egressDeny: Too many: 65: must have at most 64 items/u,
  'a duration of too many characters': /^spec\.dns\.idleWindow: Too long: may not be more than 32/u,
  'a value that no label can have': /^spec\.podSelector\.matchLabels\.a: Too long: may not be more than 63/u,
  'too many labels': /^spec\.podSelector\.matchLabels: Too many: 65: must have at most 64 items/u,
  'too many values': /values: Too many: 65: must have at most 64 items/u,
};

/**
 * Rules of ours whose words cannot be as particular, or which stand at the list: in a message CEL may write out neither
 * a number nor an address that it has worked out, for want of a bound on their size, and it knows no punycode.
 */
const LESS_PARTICULAR: Readonly<Record<string, RegExp>> = {
  'a name that is not ASCII': /matchName: .*"bücher\.example" is not ASCII; write its punycode form \(xn--…\)/u,
  'a port given twice': /^spec\.egress\[0\]\.ports: .*has an entry twice; remove one of them/u,
  'a range reversed': /^spec\.egress\[0\]\.ports\[0\]\.endPort: .*the range is reversed; write the lower one as port/u,
  'host bits':
    /cidr: .*"192\.0\.2\.7\/24" has bits set behind its prefix length; clear them, or write 192\.0\.2\.7\/32 for/u,
  'too many selectors': /^spec: .*has more than 1000 selectors; split it: at most 1000 in one policy/u,
  'too many CIDRs': /^spec: .*has more than 1000 CIDRs; split it: at most 1000 in one policy/u,
  'IPv4 as IPv6': /cidr: .*"::ffff:192\.0\.2\.0\/120" is not a CIDR; write it like 192\.0\.2\.0\/24/u,
};

/**
 * Accepted by the API server. Comparing each entry with all others would cost 16 million comparisons for the longest
 * lists, which it does not grant: the operator tells, by Accepted=False.
 */
const ONLY_THE_OPERATOR_TELLS = new Set(['a name given twice', 'a pattern given twice in two ways']);

function sameWords(answer: Answer, { path, reason, fix }: Problem): void {
  const causes = answer.body.details?.causes ?? [];
  const found = causes.find(
    ({ field, message }) => field === formatPath(path) && message?.endsWith(`${reason}; ${fix}`),
  );
  assert.ok(found, `wanted ${formatPath(path)}: ${reason}; ${fix}\ngot    ${told(answer)}`);
}

for (const { says, doc, path } of REFUSED) {
  if (kindOf(doc) === undefined) continue;
  test(`refused: ${says}`, async () => {
    const answer = await send(doc);
    if (ONLY_THE_OPERATOR_TELLS.has(says)) {
      accepted(answer);
      return;
    }
    assert.ok(answer.status === 422 || answer.status === 400, `${answer.status} ${told(answer)}`);
    const words = OWN_WORDS[says] ?? LESS_PARTICULAR[says];
    if (words !== undefined) {
      assert.match(told(answer), words);
      return;
    }
    const local = validate(doc);
    const problem = local.ok ? undefined : local.errors.find((error) => error.path.join('/') === path);
    assert.ok(problem);
    sameWords(answer, problem);
  });
}

test('every row that is told apart is there', () => {
  const rows = new Set(REFUSED.map(({ says }) => says));
  for (const says of [...Object.keys(OWN_WORDS), ...Object.keys(LESS_PARTICULAR), ...ONLY_THE_OPERATOR_TELLS]) {
    assert.ok(rows.has(says), says);
  }
});

for (const { says, doc } of ACCEPTED) {
  if (kindOf(doc) === undefined) continue;
  test(`accepted: ${says}`, async () => {
    accepted(await send(doc));
  });
}

const withTarget = (target: object) => ({
  apiVersion: 'namewall.dev/v1alpha1',
  kind: 'FQDNNetworkPolicy',
  metadata: { name: 'p' },
  spec: { podSelector: {}, egress: [{ to: [target] }] },
});

/** By the code of the error: not in validate()'s words, or not at all. */
const SELECTOR_WORDS: Readonly<Record<string, RegExp>> = {
  EMPTY: /should be at least 1 chars long/u,
  EMPTY_LABEL: /has an empty label; write one dot between labels, and none in front/u,
  NOT_ASCII: /is not ASCII; write its punycode form/u,
  LABEL_TOO_LONG: /should match '.*\{0,63\}/u,
  TOO_LONG: /Too long: may not be more than 255/u,
};

for (const [source, code] of REFUSED_SELECTORS) {
  test(`refused: ${JSON.stringify(source).slice(0, 80)}`, async () => {
    const doc = withTarget({ fqdn: source });
    const answer = await send(doc);
    // What the labels of a name add up to cannot be counted in CEL within the API server's limits on cost.
    if (code === 'NAME_TOO_LONG') {
      accepted(answer);
      return;
    }
    assert.equal(answer.status, 422, told(answer));
    const words = SELECTOR_WORDS[code];
    if (words !== undefined) {
      assert.match(told(answer), words);
      return;
    }
    const local = validate(doc);
    assert.ok(!local.ok);
    for (const problem of local.errors) sameWords(answer, problem);
  });
}

test('every selector of the published vectors is accepted', async () => {
  const path = resolve(import.meta.dirname, '../../packages/policy/vectors/identities.json');
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as { matchName?: string; matchPattern?: string }[];
  assert.ok(vectors.length > 20);
  for (const { matchName, matchPattern } of vectors) {
    accepted(await send(withTarget({ fqdn: matchName === undefined ? { matchPattern } : { matchName } })));
  }
});

/** Texts that people and attackers write, each judged by both. */
const TEXTS: Readonly<Record<string, { readonly of: (text: string) => object; readonly texts: readonly string[] }>> = {
  cidr: {
    of: (cidr) => withTarget({ cidr }),
    texts: [
      ['', ' ', '/', '/24', '192.0.2.0', '192.0.2.0/', '192.0.2.0/24', '192.0.2.0/24 ', '192.0.2.1/24'],
      [
        '192.0.2.0/33',
        '192.0.2.0/024',
        '192.0.2.0/-1',
        '192.0.2.0/+24',
        '192.0.2.00/24',
        '0192.0.2.0/24',
        '192.0.2/24',
      ],
      ['::/0', '::/129', '2001:db8::/32', '2001:db8::1/32', '2001:db8::/32/32', 'fe80::%eth0/64', '::ffff:0:0/96'],
      ['::ffff:192.0.2.1/128', '::192.0.2.0/120', '2001:db8::g/32', '1::2::3/64', 'a.example', '*', '0/0'],
      ['192.0.2.0/24\n', '192.0.2.0/24\u0000', '１９２.0.2.0/24', '9'.repeat(60)],
    ].flat(),
  },
  duration: {
    of: (idleWindow) => ({ ...withTarget({ cidr: '::/0' }), spec: { podSelector: {}, dns: { idleWindow } } }),
    texts: [
      ['', '0', '0s', '30', '30s', '30 s', '-1s', '+1s', '1.5h', '1d', 's', '1h30m', '30m1h', '250ms', '250us'],
      ['8760h', '8761h', '8760h1ms', '525600m', '525601m', '31536000s', '31536001s', '31536000000ms'],
      ['31536000001ms', '0008760h', '999999999999h', '999999999999m', '999999999999s', '999999999999ms'],
      ['99999999999999s', '8759h60m', '8759h61m', '1S', '1s\n', '١s', '9'.repeat(40)],
    ].flat(),
  },
  matchPattern: {
    of: (matchPattern) => withTarget({ fqdn: { matchPattern } }),
    texts: [
      ['*', '**', '*.', '.', '..', '.*', '*..a', 'a.', 'a..', '.a', '-', '_', 'a b', 'a\n', '\u0000', 'a\u0301.b'],
      ['xn--bcher-kva.example', 'a?.b', 'a[b]', 'a{1}', 'a|b', '$', '^a', '(a)', '\\', '"', "'", '%', '/', 'a:1'],
      ['ｅxample.com', 'example。com', 'ß.example', '💣', `${'*a'.repeat(63)}.b`, `${'*a'.repeat(64)}.b`],
    ].flat(),
  },
};

/** Only validate() takes a length with zeros before it: what they mean is plain, and files have them. */
const STRICTER: ReadonlySet<string> = new Set(['192.0.2.0/024']);

for (const [field, { of, texts }] of Object.entries(TEXTS)) {
  test(`${field}: both judges agree on ${texts.length} texts`, async () => {
    const verdicts = { ok: 0, refused: 0 };
    for (const text of texts) {
      const [local, answer] = [validate(of(text)), await send(of(text))];
      assert.equal(answer.status < 300, local.ok && !STRICTER.has(text), `${JSON.stringify(text)}: ${told(answer)}`);
      verdicts[local.ok ? 'ok' : 'refused'] += 1;
    }
    assert.ok(verdicts.ok >= 5 && verdicts.refused >= 5, JSON.stringify(verdicts));
  });
}

test('a text that is long or has a line break is refused without being repeated', async () => {
  for (const matchPattern of [`${'*'.repeat(254)}/`, 'a\nb']) {
    const answer = await send(withTarget({ fqdn: { matchPattern } }));
    assert.match(told(answer), /": has a character that no pattern has; use only letters/u);
  }
  assert.match(told(await send(withTarget({ fqdn: { matchPattern: 'a/' } }))), /"a\/" has the character "\/"; write/u);
});
