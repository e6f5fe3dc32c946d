import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { KINDS } from '../schema/document.ts';
import { config, namespace, pod, policy, to } from '../testing.ts';
import { validate } from './validate.ts';

const base = policy('p', {});
const withSpec = (spec: object) => ({ ...base, spec: { podSelector: {}, ...spec } });
const withRule = (rule: object) => withSpec({ egress: [{ ...to('a.example'), ...rule }] });

test('accepted as they are, other fields of pods too', () => {
  const docs = [
    base,
    withRule({ ports: [{ protocol: 'ICMP' }, { port: 1, endPort: 9 }] }),
    config(),
    namespace('a', {}),
  ];
  const real = { ...pod('a', '192.0.2.1', { spec: { dnsPolicy: 'None' } }), unknown: { x: 1 } };
  for (const doc of [...docs, real]) {
    const result = validate(doc);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.value, doc);
  }
});

test('what a valid policy may not have meant draws a warning', () => {
  const warned = (spec: object) => {
    const result = validate(withSpec(spec));
    assert.ok(result.ok);
    return result.warnings.map(({ path, reason }) => `${path.join('/')}: ${reason}`).join('\n');
  };
  const allow = (text: string) => warned({ egress: [to(text)] });
  assert.match(allow('*.amazonaws.com'), /^spec\/egress\/0\/to\/0\/fqdn: many tenants .*"amazonaws\.com"/);
  assert.match(allow('*.s3.eu-west-1.amazonaws.com'), /many tenants/);
  assert.match(allow('*.com'), /many tenants/);
  assert.match(allow('*'), /every name/);
  assert.equal(allow('*.example.com'), '');
  assert.equal(allow('mine.s3.amazonaws.com'), '');
  assert.match(warned({}), /allows and denies nothing/);
  assert.match(warned({ dns: { queries: 'Matched' } }), /refuses every name/);
  const deny = { egressDeny: [{ ...to('a.example'), ports: [{ port: 25 }] }] };
  assert.match(warned(deny), /egressDeny\/0\/ports/);
  assert.equal(warned({ ...deny, strictDeny: true }), '');
});

test('every schema becomes JSON Schema', () => {
  for (const [kind, { schema }] of KINDS) {
    const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
    assert.ok(json.properties?.['metadata'], kind);
  }
});
