/** This node's own word on its switch (`namewallctl node`), followed as it changes. */
import { watch } from 'node:fs';
import { basename } from 'node:path';
import { type SwitchOverride, readSwitchOverride, switchFile } from '@namewall/datapath';
import type { Log } from '@namewall/telemetry';
import { messageOf } from '../errors.ts';

export class NodeSwitch {
  readonly #stateDir: string;
  readonly #log: Log;
  #override: SwitchOverride | undefined;

  constructor(stateDir: string, log: Log) {
    this.#stateDir = stateDir;
    this.#log = log;
    this.#read();
  }

  /** undefined: the operator's word counts. */
  get override(): SwitchOverride | undefined {
    return this.#override;
  }

  /** Calls `changed` after each change. @returns what ends it */
  watch(changed: () => void): () => void {
    const name = basename(switchFile(this.#stateDir));
    const watcher = watch(this.#stateDir, (_kind, file) => {
      if (file === name && this.#read()) changed();
    });
    watcher.on('error', (error) => this.#log.error('node switch no longer followed', { error: messageOf(error) }));
    // What changed before the watch stood.
    if (this.#read()) changed();
    return () => watcher.close();
  }

  /** @returns whether it is another one now */
  #read(): boolean {
    const before = this.#override;
    try {
      this.#override = readSwitchOverride(this.#stateDir);
    } catch (error) {
      this.#log.error('node switch not read; what is in force stays', { error: messageOf(error) });
    }
    const changed = this.#override !== before;
    if (changed) this.#log.warn('node switched by hand', { position: this.#override ?? 'as the operator says' });
    return changed;
  }
}
