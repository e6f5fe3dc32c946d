import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseAddress } from '@namewall/policy';
import type { Event } from '@namewall/protocol';
import { renderTable } from '../render/table.ts';
import { ENDPOINT_COLUMNS } from './endpoints.ts';
import { NAME_COLUMNS, NO_NAME, sortNames } from './names.ts';
import { formatEvent } from './observe.ts';
import { renderStatus } from './status.ts';

const name = {
  namespace: 'shop',
  pod: 'p',
  selector: 'v1|p|*.example',
  address: parseAddress('192.0.2.7'),
  expiresInMs: 61_000n,
};

test('names: sorted, and honest about a name that was overwritten', () => {
  const text = renderTable(
    NAME_COLUMNS,
    sortNames([
      { ...name, name: 'b.example' },
      { ...name, name: '' },
    ]),
  );
  assert.equal(
    text,
    [
      'ENDPOINT  SELECTOR   NAME                 ADDRESS    EXPIRES IN',
      `shop/p    *.example  ${NO_NAME}  192.0.2.7  1m1s`,
      'shop/p    *.example  b.example            192.0.2.7  1m1s',
      '',
    ].join('\n'),
  );
});

test('endpoints: a pod that waits says why', () => {
  const text = renderTable(ENDPOINT_COLUMNS, [{ namespace: 'shop', name: 'p', phase: 1, reason: 'NoNetns' }]);
  assert.match(text, /^shop +p +- +waiting \(NoNetns\) +none +0 +0 +0\+0 +0 +0 +0 +-$/m);
});

test('endpoints and status tell the flows that outlive what the rules allow', () => {
  const text = renderTable(ENDPOINT_COLUMNS, [{ usage: { flowsOut: 9, flowsIn: 1, grandfathered: 3, untilClose: 2 } }]);
  assert.match(text, / 10 +3\+2 /);
  const status = renderStatus({ grandfatheredFlows: 3n, untilCloseFlows: 2n });
  assert.match(status, /^outliving flows: +3 older than a selection, 2 left to close by an edit$/m);
});

test('status without an agent says so', () => {
  const text = renderStatus({
    endpoints: 2,
    nodeSwitch: 1,
    counts: [{ number: 91, reason: 'DENY_UNKNOWN', count: 3n }],
  });
  assert.match(text, /^agent: +not running$/m);
  assert.match(text, /^node switch: +audit$/m);
  assert.match(text, /^DENY_UNKNOWN +3 +the pod never learned the address, and no CIDR rule allows it$/m);
});

test('an event is one line: who, verdict, what, why', () => {
  const event: Event = {
    time: 1_700_000_000_123_000_000n,
    lost: 0n,
    uid: 'u',
    namespace: 'shop',
    pod: 'p',
    endpoint: 1,
    ruleset: '',
    kind: 3,
    reason: 'DENY_UNKNOWN',
    reasonNumber: 91,
    verdict: 2,
    name: '',
    qtype: 0,
    rcode: 0,
    remote: Buffer.from(parseAddress('203.0.113.1')),
    remotePort: 443,
    local: Buffer.alloc(16),
    localPort: 1,
    protocol: 6,
    selector: '',
    precedence: 65535,
    addresses: 0,
    policies: [{ kind: 'FQDNNetworkPolicy', namespace: 'shop', name: 'allow' }],
    why: '203.0.113.1 was never learned by this pod',
    fix: '',
    rule: '',
  };
  assert.equal(
    formatEvent(event),
    '22:13:20.123 shop/p REFUSED connection to TCP 203.0.113.1:443: DENY_UNKNOWN, 203.0.113.1 was never learned by this pod',
  );
  assert.match(formatEvent({ ...event, why: '' }), /:443: DENY_UNKNOWN by shop\/allow$/);
});
