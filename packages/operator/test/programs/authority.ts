/**
 * The certificate authority of one operator replica, with hours that pass in seconds: KUBECONFIG NAMESPACE SECRET REPLICA
 * DAYS, the last one how far its wall clock is ahead.
 */
import { createLogger } from '@namewall/telemetry';
import { connect } from '../../src/kubernetes/start.ts';
import { Authorities } from '../../src/security/authorities.ts';
import { AuthorityStore } from '../../src/security/authority-store.ts';

const [kubeconfig = '', namespace = '', secret = '', identity = '', days = '0'] = process.argv.slice(2);
const FASTER = 500;
const DAY = 86_400_000;

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const { http } = connect(kubeconfig);
const authorities = new Authorities({
  store: new AuthorityStore(http, namespace, secret),
  identity,
  log: createLogger({ service: identity, level: 'debug', format: 'json' }),
  timers: {
    now: () => performance.now() * FASTER,
    after(ms, run) {
      const timer = setTimeout(run, ms / FASTER);
      return () => clearTimeout(timer);
    },
  },
  wallClock: () => Date.now() + Number(days) * DAY,
});
await authorities.start(stop.signal);
await authorities.run(() => undefined, stop.signal);
await http.close();
