import { API_VERSION } from '@namewall/policy';
import type { PolicyObject } from './facts.ts';
import type { Condition } from './status-of.ts';

/** events.k8s.io/v1 Event, as it is made. */
export interface EventObject {
  readonly apiVersion: 'events.k8s.io/v1';
  readonly kind: 'Event';
  readonly metadata: { readonly generateName: string; readonly namespace: string };
  /** MicroTime */
  readonly eventTime: string;
  readonly type: 'Warning';
  readonly reason: string;
  readonly action: 'Judge';
  readonly note: string;
  readonly regarding: Readonly<Record<string, string>>;
  readonly reportingController: 'namewall.dev/operator';
  readonly reportingInstance: string;
}

/** Reasons that come and go by themselves, or are said by another condition. */
const PASSING: ReadonlySet<string> = new Set(['NoAgent', 'NotAccepted']);
/** The API server's limits. */
const NOTE_MAX = 1024;
const NAME_MAX = 200;
const INSTANCE_MAX = 128;

/** Where events of an object are: those of the cluster's objects in `default`, as Kubernetes has it. */
export const eventsPath = ({ namespace }: PolicyObject): string =>
  `/apis/events.k8s.io/v1/namespaces/${namespace === '' ? 'default' : namespace}/events`;

/**
 * What people must see once: that a policy cannot be used, or does not do what it says. Told by what a status says that
 * it did not say before, so that no leader says it again.
 */
export function eventsOf(
  object: PolicyObject,
  before: readonly Condition[],
  now: readonly Condition[],
  { time, instance }: { readonly time: string; readonly instance: string },
): EventObject[] {
  const { kind, namespace, name, uid } = object;
  const news = now.filter(({ type, status, reason }) => {
    if (type === 'Programmed' || status !== 'False' || PASSING.has(reason)) return false;
    const earlier = before.find((one) => one.type === type);
    return earlier?.status !== 'False' || earlier.reason !== reason;
  });
  const regarding = { apiVersion: API_VERSION, kind, name, uid, ...(namespace !== '' && { namespace }) };
  return news.map(({ type, reason, message }) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      generateName: `${name.slice(0, NAME_MAX).replace(/[^a-z0-9]+$/u, '')}-`,
      namespace: namespace === '' ? 'default' : namespace,
    },
    eventTime: time,
    type: 'Warning',
    reason: type === 'Accepted' ? 'NotAccepted' : reason,
    action: 'Judge',
    note: message.slice(0, NOTE_MAX),
    regarding,
    reportingController: 'namewall.dev/operator',
    reportingInstance: instance.slice(0, INSTANCE_MAX),
  }));
}
