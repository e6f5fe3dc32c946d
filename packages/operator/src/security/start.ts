import type { Authorize, TlsIdentity, TlsServerOptions } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import type { KubeApi } from '../kubernetes/api.ts';
import { authorizer } from './admin.ts';
import { Authorities } from './authorities.ts';
import { AuthorityStore } from './authority-store.ts';
import { Enrolments } from './enrolment.ts';

export interface SecurityOptions {
  readonly api: KubeApi;
  readonly log: Log;
  readonly namespace: string;
  /** The Secret of the authority: made when it is not there, used as it is when somebody else's. */
  readonly caSecret: string;
  /** This replica, for people. */
  readonly identity: string;
}

/** What the operator listens on TLS with. */
export interface Security {
  /** This replica, as its certificate says. */
  readonly identity: string;
  readonly tls: TlsServerOptions & { readonly enrol: Enrolments['enrol'] };
  readonly enrolments: Enrolments;
  /** Who may ask what an operator knows. */
  readonly authorize: Authorize;
  /** Renews and rotates until the signal aborts. */
  run(onIdentity: (identity: TlsIdentity) => void, signal: AbortSignal): Promise<void>;
}

/** The agents' service account, in the operator's own namespace. */
const AGENT = 'namewall-agent';
/** Different reasons for turning somebody away are logged once in so many. */
const LOGGED = 100;

/** Waits until there is an authority. @returns undefined when the signal aborted before */
export async function startSecurity(options: SecurityOptions, signal: AbortSignal): Promise<Security | undefined> {
  const { api, log, namespace, caSecret, identity } = options;
  const store = new AuthorityStore(api, namespace, caSecret);
  const authorities = new Authorities({ store, identity, log });
  const enrolments = new Enrolments({ api, authorities, log, account: { namespace, serviceAccount: AGENT } });
  const shown = await authorities.start(signal);
  if (shown === undefined) return undefined;
  let turned = 0;
  return {
    identity,
    tls: {
      identity: shown,
      enrol: enrolments.enrol,
      onTurned(reason, from) {
        if (turned++ % LOGGED === 0) log.warn('connection turned away', { reason, from, soFar: turned });
      },
    },
    enrolments,
    authorize: authorizer(api, log),
    run: (onIdentity, until) => authorities.run(onIdentity, until),
  };
}
