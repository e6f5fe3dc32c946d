import { randomBytes } from 'node:crypto';

/** W3C Trace Context, version 00. */
export interface Traceparent {
  /** 32 hex digits, not all 0 */
  readonly traceId: string;
  /** 16 hex digits, not all 0 */
  readonly spanId: string;
  readonly sampled: boolean;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;
const SAMPLED = 1;

/** @returns undefined when the text is not one; of a version after 00 what 00 would read. */
export function parseTraceparent(text: string): Traceparent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = FORM.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

export function formatTraceparent({ traceId, spanId, sampled }: Traceparent): string {
  return `00-${traceId}-${spanId}-0${sampled ? SAMPLED : 0}`;
}

/** Begins a trace, or with a parent a further span of its trace. */
export function newTraceparent(parent?: Traceparent): Traceparent {
  return {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    sampled: parent?.sampled ?? true,
  };
}
