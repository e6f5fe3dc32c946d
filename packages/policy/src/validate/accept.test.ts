import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { KINDS } from '../schema/document.ts';
import { policy, to } from '../testing.ts';
import { validate } from './validate.ts';

const base = policy('p', {});
const withSpec = (spec: object) => ({ ...base, spec: { podSelector: {}, ...spec } });

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
