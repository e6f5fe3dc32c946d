import type { NamewallConfig } from '@namewall/policy';
import { type WrittenConfig, judgeConfig } from './config-file.ts';
import type { ApiObject, Followed } from './list-watch.ts';
import { Store } from './store.ts';

/** Where in the ConfigMap the configuration is. */
const KEY = 'config.yaml';

interface RawConfigMap extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * A ConfigMap with a NamewallConfig, followed as everything else is: a mounted one is up to two minutes late, and the
 * switch of all nodes is in it.
 */
export class ConfigMapStore {
  readonly followed: Followed;
  readonly #where: string;
  readonly #texts: Store<RawConfigMap, string | undefined>;

  /** @param place `namespace/name` */
  constructor(place: string, changed: () => void) {
    const [namespace = '', name = ''] = place.split('/');
    this.#where = `ConfigMap ${place}, ${KEY}`;
    this.#texts = new Store(({ data }) => data?.[KEY], changed);
    this.followed = {
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: { fieldSelector: `metadata.name=${name}` },
      handler: this.#texts,
    };
  }

  /** What is bad, or gone, keeps the last good one. */
  read(before: NamewallConfig | undefined): WrittenConfig {
    const [text] = this.#texts.values();
    if (text !== undefined) return judgeConfig(Buffer.from(text), this.#where, before);
    return { config: before, problems: [`${this.#where}: is not there; apply the chart, or write a NamewallConfig`] };
  }
}
