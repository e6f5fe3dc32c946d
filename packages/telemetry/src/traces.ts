import { formatTraceparent, newTraceparent } from './traceparent.ts';

/** What a span says beside its name. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One piece of work of a trace. */
export interface Span {
  /** W3C Trace Context of it: what work elsewhere gives as its parent. */
  readonly traceparent: string;
  /** @param at milliseconds of `performance.now()`; default: now */
  end(attributes?: Attributes, at?: number): void;
}

export interface SpanOptions {
  /** W3C Trace Context; absent or empty: a trace begins here. */
  readonly parent?: string;
  /** Milliseconds of `performance.now()`; default: now */
  readonly since?: number;
  readonly attributes?: Attributes;
}

/** Where spans go. */
export interface Traces extends AsyncDisposable {
  start(name: string, options?: SpanOptions): Span;
}

/** No spans; trace ids for the log all the same. */
export const NO_TRACES: Traces = {
  start: (_name, { parent = '' } = {}) => ({
    traceparent: parent === '' ? formatTraceparent(newTraceparent()) : parent,
    end: () => undefined,
  }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/**
 * By OTLP over HTTP to where the standard environment says (`env` is that of the process, which the exporter reads too): OTEL_EXPORTER_OTLP_ENDPOINT or
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT; sampled as OTEL_TRACES_SAMPLER says (default: all). Without an endpoint there are
 * no spans, and nothing of OpenTelemetry is loaded.
 */
export async function startTraces(service: string, version: string, env: NodeJS.ProcessEnv): Promise<Traces> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all = '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own = '' } = env;
  if (all === '' && own === '') return NO_TRACES;
  const { otlpTraces } = await import('./otlp.ts');
  return otlpTraces(service, version, env);
}
