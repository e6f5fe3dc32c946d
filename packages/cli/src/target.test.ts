import { test } from 'node:test';
import assert from 'node:assert/strict';
import { formatAddress } from '@namewall/policy';
import { CliError } from './errors.ts';
import { parseTarget } from './target.ts';

function shown(text: string): string {
  const { name, address, port } = parseTarget(text);
  return `${name || formatAddress(address)} ${port}`;
}

test('names and addresses, with a port and without', () => {
  for (const [text, expected] of [
    ['api.example.com', 'api.example.com 0'],
    ['api.example.com.', 'api.example.com. 0'],
    ['api.example.com:443', 'api.example.com 443'],
    ['203.0.113.9', '203.0.113.9 0'],
    ['203.0.113.9:53', '203.0.113.9 53'],
    ['2001:db8::1', '2001:db8::1 0'],
    ['[2001:db8::1]', '2001:db8::1 0'],
    ['[2001:db8::1]:8443', '2001:db8::1 8443'],
  ] as const) {
    assert.equal(shown(text), expected);
  }
});

test('what is neither is refused with what to write', () => {
  for (const [text, message] of [
    ['api.example.com:https', /port "https"/],
    ['203.0.113.9:0', /port "0"/],
    ['203.0.113.9:65536', /port "65536"/],
    ['192.0.2.0/24', /neither a name nor an address/],
    ['[api.example.com]:1', /neither a name nor an address/],
    ['2001:db8::g', /neither a name nor an address/],
    ['a..b', /empty label/],
    ['', /empty/],
  ] as const) {
    assert.throws(
      () => parseTarget(text),
      (error) => error instanceof CliError && error.exitCode === 2 && message.test(error.message) && error.fix !== '',
      text,
    );
  }
});
