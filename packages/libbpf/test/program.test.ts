import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BpfMap, BpfProgram, enableRunStats, LibbpfError, ProgramType, progIds, SK_BUFF_SIZE } from '../src/index.ts';
import { libbpfError, loadProbe, PACKET, pinDirectory, readU32, SKB, u32 } from './lab.ts';

/** struct bpf_insn for `r0 = imm; exit`. */
function constant(imm: number): Buffer {
  return Buffer.concat([Buffer.from([0xb7, 0, 0, 0]), u32(imm), Buffer.from([0x95, 0, 0, 0, 0, 0, 0, 0])]);
}

const raw = { type: ProgramType.SCHED_CLS, name: 'raw', license: 'Dual BSD/GPL' } as const;

test('a test run gives back the changed packet and context', () => {
  using object = loadProbe();
  const ctx = Buffer.alloc(SK_BUFF_SIZE);
  ctx.set(u32(41), SKB.mark);
  const result = object.program('change').testRun({ data: PACKET, ctx });
  assert.equal(result.retval, 0);
  assert.equal(result.data.length, PACKET.length);
  assert.equal(result.data[0], 0xab);
  assert.equal(readU32(result.ctx, SKB.mark), 42);
  assert.equal(readU32(result.ctx, SKB.cb), 0x1234);
});

test('a repeated run is measured, a negative verdict is unsigned, a short packet refused', () => {
  using object = loadProbe();
  const { retval, durationNs } = object.program('next_one').testRun({ data: PACKET, repeat: 1000 });
  assert.equal(retval, 0xffffffff);
  assert.ok(durationNs >= 0);
  const short = Buffer.alloc(4);
  assert.throws(
    () => object.program('next_one').testRun({ data: short }),
    libbpfError('EINVAL', /test_run_opts\(next_one\)/),
  );
});

test('raw instructions load, run, and pin', () => {
  using pins = pinDirectory();
  const path = `${pins.path}/program`;
  {
    using program = BpfProgram.load({ ...raw, insns: constant(5) });
    assert.equal(program.testRun({ data: PACKET }).retval, 5);
    program.pin(path);
  }
  assert.throws(() => BpfMap.openPinned(path), libbpfError('EINVAL', /not a pinned map but anon_inode:bpf-prog/));
  using opened = BpfProgram.openPinned(path);
  assert.equal(opened.testRun({ data: PACKET }).retval, 5);
  const { name, type, verifiedInsns, jitedLen, id } = opened.info;
  assert.deepEqual({ name, type, verifiedInsns }, { name: 'raw', type: ProgramType.SCHED_CLS, verifiedInsns: 2 });
  assert.ok(jitedLen > 0);
  assert.ok([...progIds()].includes(id));
  using again = BpfProgram.openById(id);
  assert.equal(again.info.id, id);
});

test('raw instructions that the verifier refuses', () => {
  const insns = Buffer.from([0x95, 0, 0, 0, 0, 0, 0, 0]); // exit with r0 unset
  assert.throws(
    () => BpfProgram.load({ ...raw, insns }),
    (error) => {
      assert.ok(error instanceof LibbpfError);
      assert.equal(error.code, 'EACCES');
      assert.match(error.message, /^bpf_prog_load\(raw\): EACCES: the verifier refused raw: .*R0 !read_ok/);
      assert.match(error.verifierLog ?? '', /R0 !read_ok/);
      return true;
    },
  );
  assert.throws(() => BpfProgram.load({ ...raw, insns: insns.subarray(1) }), libbpfError('EINVAL', /8 bytes each/));
});

test('run statistics count while they are on', () => {
  using program = BpfProgram.load({ ...raw, insns: constant(0) });
  {
    using stats = enableRunStats();
    assert.ok(stats);
    program.testRun({ data: PACKET, repeat: 10 });
  }
  assert.equal(program.info.runCount >= 10n, true);
});

test('a program kept beyond its object, and one used after it was disposed', () => {
  const object = loadProbe();
  const kept = object.program('next_one').duplicate();
  object[Symbol.dispose]();
  assert.equal(kept.testRun({ data: PACKET }).retval, 0xffffffff);
  kept[Symbol.dispose]();
  for (const use of [() => kept.fd, () => kept.info, () => kept.testRun({ data: PACKET }), () => kept.duplicate()]) {
    assert.throws(use, libbpfError('EBADF', /BpfProgram next_one/));
  }
});
