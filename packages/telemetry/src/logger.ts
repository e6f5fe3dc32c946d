import { createLogger as createWinston, format, transports } from 'winston';

export type LogFormat = 'json' | 'text';
export const LOG_FORMATS: readonly LogFormat[] = ['json', 'text'];

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

export interface LoggerOptions {
  /** on every line: namewall-operator, namewall-agent */
  readonly service: string;
  /** default info */
  readonly level?: LogLevel;
  /** default json */
  readonly format?: LogFormat;
  /** default stderr */
  readonly stream?: NodeJS.WritableStream;
}

/** What a line has beside its message; those that every line has cannot be given again. */
type LogFields = Readonly<Record<string, unknown>> & {
  readonly message?: never;
  readonly level?: never;
  readonly service?: never;
  readonly timestamp?: never;
};

/** Logs take a constant message and fields: `log.info('policy accepted', { policy })`. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** One line an entry. Bigints are written as numbers in quotes, bytes as hex, errors by their message. */
export function createLogger({
  service,
  level = 'info',
  format: form = 'json',
  stream = process.stderr,
}: LoggerOptions): Log {
  return createWinston({
    level,
    defaultMeta: { service },
    format: format.combine(
      format.timestamp(),
      form === 'json' ? format.json({ replacer: plain, deterministic: false }) : format.printf(textLine),
    ),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
}

function textLine({ timestamp, level, service, message, ...fields }: Record<string, unknown>): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${textValue(value)}`);
  return `${String(timestamp)} ${String(level).padEnd(5)} ${String(service)}: ${oneLine(String(message))}${pairs.join('')}`;
}

function textValue(value: unknown): string {
  const simple = plain('', value);
  if (typeof simple === 'string') return /^[\w.:/@+-]+$/u.test(simple) ? simple : JSON.stringify(simple);
  return simple === undefined ? 'undefined' : JSON.stringify(simple, plain);
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Error) return value.message;
  return value;
}

/** A message of somebody else's making must not look like two entries. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/gu, ' ');
}
