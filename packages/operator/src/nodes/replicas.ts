import {
  type Authorize,
  type NodesResponseInput,
  type PeerOf,
  type TlsIdentity,
  serveAdmin,
  serveReplicas,
} from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import { Forwarder } from './forwarder.ts';
import { LocalNodeViews } from './local-node-views.ts';
import { MergedNodeViews } from './merged-node-views.ts';
import { summariesOf } from './summary.ts';

export interface Leading {
  readonly identity: string;
  /** HOST:PORT; '' = it takes no reports. */
  readonly address: string;
}

/** What all replicas together know of the nodes: the leader is told of the others' agents. */
export class Replicas {
  readonly local = new LocalNodeViews();
  readonly all = new MergedNodeViews(this.local);
  readonly #own: string;
  readonly #forwarder: Forwarder;
  #tls: TlsIdentity;
  #leading = false;

  /** @param own this replica, as its certificate says */
  constructor(own: string, tls: TlsIdentity, log: Log) {
    this.#own = own;
    this.#tls = tls;
    const views = this.local;
    this.#forwarder = new Forwarder({ views, tls: () => ({ ca: this.#tls.ca, identity: this.#tls }), log });
  }

  /** What connections are made with from now on. */
  replaceIdentity(tls: TlsIdentity): void {
    this.#tls = tls;
  }

  follow(leader: Leading | undefined): void {
    this.#leading = leader?.identity === this.#own;
    const address = this.#leading ? '' : (leader?.address ?? '');
    this.#forwarder.follow(address === '' ? '' : `tls:${address}`);
  }

  /** For people with a token that `authorize` lets ask. */
  addAdmin(
    strangers: Parameters<typeof serveAdmin>[0],
    peerOf: PeerOf,
    operatorVersion: string,
    authorize: Authorize,
  ): void {
    const nodes = (): NodesResponseInput => ({
      replica: this.#own,
      operatorVersion,
      leading: this.#leading,
      nodes: summariesOf(this.all, this.local),
    });
    serveAdmin(strangers, peerOf, { authorize, nodes });
  }

  readonly addServices = (known: Parameters<typeof serveReplicas>[0], peerOf: PeerOf): void => {
    serveReplicas(known, peerOf, (replica) => (this.#leading ? this.all.begin(replica) : undefined));
  };
}
