import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import {
  AttachType,
  BpfLink,
  ifIndex,
  inNetns,
  linkIds,
  tcAttach,
  tcDeleteQdisc,
  tcDetach,
  tcQuery,
  tcxQuery,
} from '../src/index.ts';
import { libbpfError, loadProbe, pinDirectory, privateNetns } from './lab.ts';

const chain = (netns: string): number[] =>
  inNetns(netns, () => tcxQuery(ifIndex('va'), 'egress').map(({ progId }) => progId));

test('TCX: at the end by default, at the head when asked', () => {
  using netns = privateNetns();
  using object = loadProbe();
  const [first, second, third] = [object.program('next_one'), object.program('next_two'), object.program('constant')];
  const attach = (program: typeof first, head = false): BpfLink =>
    inNetns(netns.path, () => BpfLink.attachTcx(program, ifIndex('va'), 'egress', { head }));
  using one = attach(first);
  using two = attach(second);
  using three = attach(third, true);
  assert.deepEqual(chain(netns.path), [third.info.id, first.info.id, second.info.id]);
  const { progId, ifindex, attachType, id } = three.info;
  const expected = {
    progId: third.info.id,
    ifindex: inNetns(netns.path, () => ifIndex('va')),
    attachType: AttachType.TCX_EGRESS,
  };
  assert.deepEqual({ progId, ifindex, attachType }, expected);
  assert.ok([...linkIds()].includes(id));
  one.detach();
  assert.deepEqual(chain(netns.path), [third.info.id, second.info.id]);
  two[Symbol.dispose]();
  assert.deepEqual(chain(netns.path), [third.info.id]);
});

test('a link swaps its program in place', () => {
  using netns = privateNetns();
  using object = loadProbe();
  using link = inNetns(netns.path, () => BpfLink.attachTcx(object.program('next_one'), ifIndex('va'), 'egress'));
  link.update(object.program('next_two'));
  assert.deepEqual(chain(netns.path), [object.program('next_two').info.id]);
  assert.equal(link.info.progId, object.program('next_two').info.id);
});

test('a pinned link stays attached without its handle, until it is unpinned', () => {
  using pins = pinDirectory();
  using netns = privateNetns();
  const path = `${pins.path}/link`;
  {
    using object = loadProbe();
    using link = inNetns(netns.path, () => BpfLink.attachTcx(object.program('next_one'), ifIndex('va'), 'egress'));
    link.pin(path);
  }
  assert.equal(chain(netns.path).length, 1);
  {
    using opened = BpfLink.openPinned(path);
    using byId = BpfLink.openById(opened.info.id);
    assert.equal(byId.info.progId, opened.info.progId);
    assert.throws(() => byId.unpin(), libbpfError('EINVAL', /neither made a pin/));
    opened.unpin();
    assert.equal(existsSync(path), false);
  }
  assert.deepEqual(chain(netns.path), []);
  assert.throws(() => BpfLink.openPinned(path), libbpfError('ENOENT', /no such pin/));
});

test('TCX on an interface that is not there, and a link used after it was disposed', () => {
  using netns = privateNetns();
  using object = loadProbe();
  const attach = (ifindex: number): BpfLink =>
    inNetns(netns.path, () => BpfLink.attachTcx(object.program('next_one'), ifindex, 'ingress'));
  assert.throws(() => attach(9999), libbpfError('ENODEV', /BPF_LINK_CREATE, tcx ingress of ifindex 9999/));
  assert.throws(() => inNetns(netns.path, () => ifIndex('none')), libbpfError('ENODEV', /if_nametoindex\(none\)/));
  const link = attach(inNetns(netns.path, () => ifIndex('va')));
  link[Symbol.dispose]();
  for (const use of [() => link.info, () => link.detach(), () => link.update(object.program('next_one'))]) {
    assert.throws(use, libbpfError('EBADF', /BpfLink tcx ingress/));
  }
});

test('clsact: attach, find, replace, detach; the qdisc goes only when told', () => {
  using netns = privateNetns();
  using object = loadProbe();
  const place = { handle: 0x4e57, priority: 7 };
  inNetns(netns.path, () => {
    const ifindex = ifIndex('va');
    const [one, two] = [object.program('next_one'), object.program('next_two')];
    assert.equal(tcQuery(ifindex, 'egress', place), undefined);
    assert.equal(tcDetach(ifindex, 'egress', place), false);
    tcAttach(one, ifindex, 'egress', place);
    tcAttach(one, ifindex, 'ingress', place);
    assert.equal(tcQuery(ifindex, 'egress', place), one.info.id);
    assert.throws(
      () => tcAttach(two, ifindex, 'egress', place),
      libbpfError('EEXIST', /tc_attach\(egress.*priority 7/),
    );
    tcAttach(two, ifindex, 'egress', { ...place, replace: true });
    assert.equal(tcQuery(ifindex, 'egress', place), two.info.id);
    assert.equal(tcDetach(ifindex, 'egress', place), true);
    assert.equal(tcQuery(ifindex, 'egress', place), undefined);
    assert.equal(tcQuery(ifindex, 'ingress', place), one.info.id);
    const qdiscs = (): string => execFileSync('tc', ['qdisc', 'show', 'dev', 'va'], { encoding: 'utf8' });
    assert.match(qdiscs(), /clsact/);
    assert.equal(tcDeleteQdisc(ifindex), true);
    assert.doesNotMatch(qdiscs(), /clsact/);
    assert.equal(tcDeleteQdisc(ifindex), false);
    assert.throws(() => tcAttach(one, 9999, 'egress', place), libbpfError('ENODEV', /bpf_tc_hook_create/));
  });
});
