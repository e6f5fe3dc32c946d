/** The only file that loads OpenTelemetry. */
import { type Context, ROOT_CONTEXT, type TimeInput, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { TelemetryError } from './errors.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';
import type { Traces } from './traces.ts';

/** Milliseconds between two batches. */
const DELAY = 1000;
/** Milliseconds that the last spans have on the way out. */
const LAST_SPANS = 2000;

export function otlpTraces(service: string, version: string, env: NodeJS.ProcessEnv): Traces {
  const provider = new TracerProvider({
    sampler: samplerOf(env),
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: DELAY })],
  });
  const tracer = provider.getTracer('namewall', version);
  return {
    start(name, { parent = '', since, attributes = {} } = {}) {
      const startTime: TimeInput | undefined = since === undefined ? undefined : performance.timeOrigin + since;
      const span = tracer.startSpan(
        name,
        { attributes, ...(startTime !== undefined && { startTime }) },
        contextOf(parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        traceparent: formatTraceparent({ traceId, spanId, sampled }),
        end(more = {}, at?: number) {
          span.setAttributes(more);
          span.end(at === undefined ? undefined : performance.timeOrigin + at);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      // A collector that is gone holds nobody up.
      const late = new Promise((resolve) => setTimeout(resolve, LAST_SPANS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

function contextOf(parent: string): Context {
  const found = parent === '' ? undefined : parseTraceparent(parent);
  if (found === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, sampled } = found;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

const SAMPLERS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};
const PARENT_BASED = 'parentbased_';

/** OTEL_TRACES_SAMPLER and its argument, as the OpenTelemetry specification has them. @throws TelemetryError BAD_SAMPLER */
export function samplerOf({
  OTEL_TRACES_SAMPLER: name = '',
  OTEL_TRACES_SAMPLER_ARG: text = '',
}: NodeJS.ProcessEnv): Sampler {
  const known = name === '' ? `${PARENT_BASED}always_on` : name;
  const ratio = text === '' ? 1 : Number(text);
  const make = SAMPLERS[known.replace(PARENT_BASED, '')];
  if (make === undefined || !(ratio >= 0 && ratio <= 1)) {
    const what = make === undefined ? `OTEL_TRACES_SAMPLER is "${name}"` : `OTEL_TRACES_SAMPLER_ARG is "${text}"`;
    const fix = 'write parentbased_traceidratio with a number from 0 to 1, parentbased_always_on or always_off';
    throw new TelemetryError('BAD_SAMPLER', `${what}; ${fix}`);
  }
  return known.startsWith(PARENT_BASED) ? new ParentBasedSampler({ root: make(ratio) }) : make(ratio);
}
