export { TelemetryError } from './errors.ts';
export {
  type Log,
  type LogFormat,
  type LogLevel,
  type LoggerOptions,
  LOG_FORMATS,
  LOG_LEVELS,
  createLogger,
} from './logger.ts';
export { type Traceparent, formatTraceparent, newTraceparent, parseTraceparent } from './traceparent.ts';
export { type Traces, NO_TRACES, startTraces } from './traces.ts';
