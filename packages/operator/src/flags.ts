import { parseArgs } from 'node:util';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '@namewall/telemetry';
import { OperatorError, messageOf } from './errors.ts';

export interface Flags {
  readonly source: string;
  readonly listen: string;
  readonly node: string;
  readonly stateDir: string | undefined;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export const USAGE = `Usage: namewall-operator --source DIR --listen unix:/PATH --node NAME [flags]

  --source DIR         policies, pods and the NamewallConfig: *.yaml and *.yml
  --listen unix:/PATH  where agents connect; a socket of mode 0600
  --node NAME          the node that the pods are on
  --state-dir DIR      keeps the last good version of each file over a restart (default: only in memory)
  --log-format FORMAT  ${LOG_FORMATS.join(' or ')} (default: json)
  --log-level LEVEL    ${LOG_LEVELS.join(', ')} (default: info)
  --help               show this`;

/** @returns undefined for --help. @throws OperatorError USAGE */
export function readFlags(args: readonly string[]): Flags | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    source: required('--source', values.source),
    listen: required('--listen', values.listen),
    node: required('--node', values.node),
    stateDir: values['state-dir'],
    logFormat: oneOf('--log-format', values['log-format'], LOG_FORMATS),
    logLevel: oneOf('--log-level', values['log-level'], LOG_LEVELS),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        source: { type: 'string' },
        listen: { type: 'string' },
        node: { type: 'string' },
        'state-dir': { type: 'string' },
        'log-format': { type: 'string', default: 'json' },
        'log-level': { type: 'string', default: 'info' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const reason = messageOf(error);
    throw new OperatorError('USAGE', `${reason}; see --help`, { cause: error });
  }
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new OperatorError('USAGE', `${flag}: is missing; see --help`);
  return value;
}

function oneOf<Choice extends string>(flag: string, value: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) {
    throw new OperatorError('USAGE', `${flag}: "${value}" is not known; write one of ${choices.join(', ')}`);
  }
  return choice;
}
