import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { hostCommands } from './host.ts';

test('operator and agent meet at one socket, under one node name', () => {
  const [operator, agent] = hostCommands({
    source: '/etc/nw',
    node: 'n1',
    operatorSocket: '/run/op.sock',
    stateDir: '/var/s',
    object: 'o',
    hook: 'auto',
    socket: '/run/a.sock',
    pinRoot: '/p',
  });
  assert.ok(operator && agent);
  assert.deepEqual(operator.args.slice(1), ['--source', '/etc/nw', '--listen', 'unix:/run/op.sock', '--node', 'n1']);
  assert.equal(agent.args[agent.args.indexOf('--operator') + 1], 'unix:/run/op.sock');
  assert.ok(existsSync(agent.args[0] ?? ''));
});
