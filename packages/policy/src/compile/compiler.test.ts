import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamewallConfig } from '../schema/config.ts';
import type { Namespace, Pod } from '../schema/pod.ts';
import type { Policy } from '../schema/policy.ts';
import { clusterPolicy, config, namespace, pod, policy, to } from '../testing.ts';
import { type CompileInput, Compiler } from './compiler.ts';

/** Numbers below `n`, the same for the same seed (mulberry32). */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

type Roll = ReturnType<typeof dice>;

const SPACES = ['default', 'shop', 'kube-system'];
const APPS = ['a', 'b', 'c', 'd'];
const pick = <T>(roll: Roll, from: readonly T[]): T => from[roll(from.length)] as T;

function anyPod(roll: Roll): Pod {
  const name = `p${roll(12)}`;
  const phase = roll(8) === 0 ? { phase: 'Succeeded' } : {};
  const base = pod(name, `192.0.2.${roll(60)}`, { status: phase });
  const node = roll(4) === 0 ? {} : { nodeName: `n${roll(3)}` };
  return {
    ...base,
    metadata: { ...base.metadata, namespace: pick(roll, SPACES), labels: { app: pick(roll, APPS) } },
    spec: { ...node, ...(roll(10) === 0 && { hostNetwork: true }) },
  };
}

function anyPolicy(roll: Roll): Policy {
  const names = Array.from({ length: 1 + roll(3) }, () => `${pick(roll, APPS)}${roll(4)}.example`);
  // Now and then more patterns with one end than a pod may have.
  const many = roll(6) === 0 ? Array.from({ length: 20 }, (_, i) => `*x${i}-${roll(9)}*.crowd.example`) : [];
  const spec = {
    podSelector: roll(4) === 0 ? {} : { matchLabels: { app: pick(roll, APPS) } },
    ...(roll(8) > 0 && { egress: [to(...names, ...many)] }),
    ...(roll(6) === 0 && { enforcementMode: 'Audit' as const }),
  };
  const name = `x${roll(6)}`;
  if (roll(3) > 0) return policy(name, spec, pick(roll, SPACES));
  return clusterPolicy(name, { ...spec, namespaceSelector: { matchLabels: { team: pick(roll, APPS) } } });
}

const anyNamespace = (roll: Roll): Namespace => namespace(pick(roll, SPACES), { team: pick(roll, APPS) });

function anyConfig(roll: Roll): NamewallConfig {
  return config({
    resolvers: [{ address: `192.0.2.${roll(60)}` }],
    ...(roll(3) === 0 && { clusterDomain: 'corp.example' }),
    ...(roll(3) === 0 && { ranges: { cluster: ['198.18.0.0/16'] } }),
    ...(roll(4) === 0 && { excludedNamespaces: ['shop'] }),
  });
}

/** Replaces, adds or removes one entry, or turns the order. */
function edited<T>(roll: Roll, list: readonly T[], make: (roll: Roll) => T): T[] {
  const at = roll(list.length + 1);
  switch (roll(5)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toReversed();
    case 2:
      return list.toSpliced(at, 1, make(roll));
    default:
      return list.toSpliced(at, 0, make(roll));
  }
}

/** Two pods may have one UID, but not one name. */
function distinct(pods: readonly Pod[]): Pod[] {
  return [...new Map(pods.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one])).values()];
}

function step(roll: Roll, { policies, pods, namespaces = [], config: now }: CompileInput): CompileInput {
  return {
    policies: roll(3) === 0 ? edited(roll, policies, anyPolicy) : policies,
    pods: roll(2) === 0 ? distinct(edited(roll, pods, anyPod)) : pods,
    namespaces: roll(6) === 0 ? edited(roll, namespaces, anyNamespace) : namespaces,
    config: roll(10) === 0 ? anyConfig(roll) : now,
  };
}

test('after any edits the result is that of the documents alone, and what changed is told', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const roll = dice(seed);
    const compiler = new Compiler();
    let input: CompileInput = { policies: [], pods: [], namespaces: [], config: undefined };
    for (let edits = 0; edits < 40; edits++) {
      input = step(roll, input);
      const before = new Map(compiler.endpoints);
      const { endpoints } = compiler.update(input);
      const fresh = new Compiler();
      fresh.update(input);
      assert.deepEqual(compiler.result(), fresh.result(), `seed ${seed}, edit ${edits}`);
      assert.deepEqual(new Map(compiler.endpoints), new Map(fresh.endpoints), `seed ${seed}, edit ${edits}`);
      const uids = new Set([...before.keys(), ...compiler.endpoints.keys()]);
      const differ = [...uids].filter((uid) => before.get(uid) !== compiler.endpoints.get(uid));
      assert.deepEqual(new Set(differ), endpoints, `seed ${seed}, edit ${edits}`);
    }
  }
});

test('nothing new, nothing done', () => {
  const input = { policies: [policy('p', { egress: [to('a.example')] })], pods: [pod('a', '192.0.2.1')] };
  const compiler = new Compiler();
  assert.deepEqual(compiler.update(input), { nodeConfig: true, endpoints: new Set(['uid-a']) });
  assert.deepEqual(compiler.update({ ...input }), { nodeConfig: false, endpoints: new Set() });
});
