/** coordination.k8s.io/v1 Lease: what we read and write of it, and who may take it. Pure. */

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** MicroTime; {@link microTime} */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease {
  readonly apiVersion: 'coordination.k8s.io/v1';
  readonly kind: 'Lease';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: LeaseSpec;
}

/** On the Lease: where the leader takes what other replicas have to tell it. */
export const ADDRESS_ANNOTATION = 'namewall.dev/address';

/** A Lease as it was seen, and since when it has been so. */
export interface Sighting {
  /** What its holder renews: metadata that somebody else writes prolongs nothing. */
  readonly spec: string;
  /** Milliseconds of the reader's monotonic clock. */
  readonly since: number;
}

/** @returns the sighting to keep: the earlier one as long as the holder did nothing. */
export function sight(before: Sighting | undefined, { spec }: Lease, now: number): Sighting {
  const text = JSON.stringify(spec ?? {});
  return before?.spec === text ? before : { spec: text, since: now };
}

/**
 * Whether a Lease may be taken: nobody holds it, or its holder did not renew it for as long as it promised to. Only the
 * reader's own monotonic clock counts; the times in it are for people, and clocks of replicas differ.
 */
export function isFree({ spec = {} }: Lease, { since }: Sighting, now: number): boolean {
  const { holderIdentity = '', leaseDurationSeconds = 0 } = spec;
  return holderIdentity === '' || now - since >= leaseDurationSeconds * 1000;
}

export interface Claim {
  readonly identity: string;
  readonly address: string;
  readonly seconds: number;
  readonly wall: Date;
}

/** The Lease with us as its holder: a renewal if we hold it already. */
export function claimed(lease: Lease, { identity, address, seconds, wall }: Claim): Lease {
  const { spec = {}, metadata } = lease;
  const time = microTime(wall);
  const ours = spec.holderIdentity === identity;
  const transitions = spec.leaseTransitions ?? 0;
  return {
    ...lease,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [ADDRESS_ANNOTATION]: address } },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: seconds,
      acquireTime: ours ? (spec.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: ours || spec.holderIdentity === undefined ? transitions : transitions + 1,
    },
  };
}

/** The Lease with nobody as its holder: the next one need not wait. */
export function released(lease: Lease, wall: Date): Lease {
  const { [ADDRESS_ANNOTATION]: _, ...annotations } = lease.metadata.annotations ?? {};
  return {
    ...lease,
    metadata: { ...lease.metadata, annotations },
    spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(wall) },
  };
}

/** metav1.MicroTime: RFC 3339 with six digits; the API server refuses any other number of them. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
