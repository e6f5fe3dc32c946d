import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplerOf } from './otlp.ts';

test('samplers of the standard environment', () => {
  assert.match(samplerOf({}).toString(), /^ParentBased\{root=AlwaysOnSampler/u);
  assert.match(samplerOf({ OTEL_TRACES_SAMPLER: 'always_off' }).toString(), /^AlwaysOff/u);
  const ratio = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
  assert.match(samplerOf(ratio).toString(), /^ParentBased\{root=TraceIdRatioBased\{0\.01\}/u);
});

test('what is no sampler is refused with what to write', () => {
  assert.throws(() => samplerOf({ OTEL_TRACES_SAMPLER: 'some' }), /OTEL_TRACES_SAMPLER is "some"; write/u);
  const wrong = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' };
  assert.throws(() => samplerOf(wrong), /OTEL_TRACES_SAMPLER_ARG is "2"; write/u);
});
