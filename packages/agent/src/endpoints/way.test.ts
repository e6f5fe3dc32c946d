import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WayFinder } from './way.ts';

/** A pod and what is counted of it; `meanwhile` happens at each of the moments at which something is read. */
class Counted {
  answers = 0n;
  replies = 0n;
  /** Sent by the host's end, and past it by whoever. */
  sent = 0n;
  past = 0n;
  isThere = true;
  isRight = true;
  meanwhile: () => void = () => undefined;

  readonly finder = new WayFinder(
    () => {
      if (!this.isThere) return undefined;
      const received = this.#received();
      this.meanwhile();
      const { sent } = this;
      this.meanwhile();
      return { least: received - sent, most: this.#received() - sent };
    },
    () => {
      this.meanwhile();
      return { answers: this.answers, replies: this.replies };
    },
  );

  refuse(count: number): void {
    this.replies += BigInt(count);
    this.past += BigInt(count);
  }

  look(): string {
    return this.finder.look();
  }

  #received(): bigint {
    return this.sent + (this.isRight ? this.past : 0n);
  }
}

test('packets of others past the host’s end are told from refusals that we sent that way', () => {
  const pod = new Counted();
  pod.refuse(500);
  assert.equal(pod.look(), 'unknown', 'what was before is not known');
  pod.refuse(500);
  pod.sent += 500n;
  assert.equal(pod.look(), 'unknown');
  pod.past += 15n;
  assert.equal(pod.look(), 'unknown');
  pod.past += 1n;
  assert.equal(pod.look(), 'past');
  pod.past += 15n;
  assert.equal(pod.look(), 'unknown', 'each is counted once');
  pod.finder.forget();
  pod.past += 100n;
  assert.equal(pod.look(), 'unknown');
});

test('what comes while it is read, by either way, is no sign, however much it is', () => {
  const pod = new Counted();
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  pod.meanwhile = () => {
    if (random() < 0.5) pod.sent += BigInt(Math.floor(random() * 1000));
    if (random() < 0.5) pod.refuse(Math.floor(random() * 1000));
  };
  for (let i = 0; i < 1000; i++) assert.equal(pod.look(), 'unknown');
});

test('where its cable is not there nothing is compared over the gap', () => {
  const pod = new Counted();
  pod.past = 1000n;
  assert.equal(pod.look(), 'unknown');
  pod.isThere = false;
  assert.equal(pod.look(), 'unknown');
  pod.isThere = true;
  pod.past += 1000n;
  assert.equal(pod.look(), 'unknown');
});

test('answers with nothing of others past the host’s end have come through it, refusals or not', () => {
  const pod = new Counted();
  pod.look();
  pod.answers += 31n;
  pod.refuse(100);
  assert.equal(pod.look(), 'unknown');
  pod.answers += 1n;
  assert.equal(pod.look(), 'host');
  pod.answers += 32n;
  assert.equal(pod.look(), 'unknown', 'nothing shows that the kernel counts');
  pod.answers += 32n;
  pod.past += 15n;
  pod.refuse(1);
  assert.equal(pod.look(), 'host', 'what else came');
});

test('answers that come past it are not taken for others, nor by a kernel that does not count them', () => {
  const pod = new Counted();
  pod.look();
  for (let i = 0; i < 100; i++) {
    pod.answers += 8n;
    pod.past += 8n;
    pod.refuse(3);
    assert.notEqual(pod.look(), 'host');
  }
  const old = new Counted();
  old.isRight = false;
  for (let i = 0; i < 100; i++) {
    old.answers += 8n;
    old.past += 8n;
    old.refuse(3);
    assert.equal(old.look(), 'unknown');
  }
});
