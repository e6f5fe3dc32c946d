export { type LogFields, type LogLevel, type Logger, type LoggerOptions, createLogger } from './logger.ts';
