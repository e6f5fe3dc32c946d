/** Pods that came up without their hooks because the CNI plugin could not set them: its notes, told and counted once. */
import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@namewall/telemetry';

/** A note is a symbolic link, whose text is the reason: bpffs holds no files. */
const NOTE = /^missed-(.+)$/u;

export class MissedPods {
  readonly #folder: string;
  readonly #log: Log;
  #count = 0;

  constructor(pinRoot: string, log: Log) {
    this.#folder = join(pinRoot, 'cni');
    this.#log = log;
  }

  /** Since the agent's start, with those that waited for it. */
  get count(): number {
    return this.#count;
  }

  look(): void {
    for (const name of existsSync(this.#folder) ? readdirSync(this.#folder) : []) {
      const [, pod] = NOTE.exec(name) ?? [];
      if (pod === undefined) continue;
      const note = join(this.#folder, name);
      const detail = 'its first packets may have come before its policy; its hooks are set as soon as it is known';
      this.#log.warn('a pod came up without its hooks', { pod, reason: readlinkSync(note), detail });
      rmSync(note);
      this.#count++;
    }
  }
}
