import winston from 'winston';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, unknown>>;

/** Messages are constant; what differs from line to line is in the fields. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  /** Stands in every line. */
  readonly service: string;
  /** Default info. */
  readonly level?: LogLevel;
  /** json for machines, text for people. Default json. */
  readonly format?: 'json' | 'text';
  /** Where lines go. Default stderr. */
  readonly stream?: NodeJS.WritableStream;
}

/** A bigint is no JSON: it is written as a string of digits. */
const replacer = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

function line(info: winston.Logform.TransformableInfo): string {
  const { timestamp, level, service, message, ...fields } = info;
  const pairs = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, replacer);
    return ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  return `${String(timestamp)} ${level.padEnd(5)} ${String(service)}: ${String(message)}${pairs.join('')}`;
}

export function createLogger({ service, level = 'info', format = 'json', stream = process.stderr }: LoggerOptions): Logger {
  const { combine, timestamp, json, printf } = winston.format;
  return winston.createLogger({
    level,
    defaultMeta: { service },
    format: combine(timestamp(), format === 'json' ? json({ replacer }) : printf(line)),
    transports: [new winston.transports.Stream({ stream })],
  });
}
