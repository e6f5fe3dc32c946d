import type { Followed } from './list-watch.ts';
import { KubernetesOperator, type KubernetesOperatorOptions } from './operator.ts';

/** Follows resources, each into a handler of its own. `start` returns when all were listed. */
export class Watches extends KubernetesOperator {
  readonly #followed: readonly Followed[];

  constructor(options: KubernetesOperatorOptions, followed: readonly Followed[]) {
    super(options);
    this.#followed = followed;
  }

  protected override async init(): Promise<void> {
    await Promise.all(this.#followed.map((followed) => this.follow(followed)));
  }
}
