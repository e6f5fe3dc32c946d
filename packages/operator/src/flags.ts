import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '@namewall/telemetry';
import { OperatorError, messageOf } from './errors.ts';

/** The value of --source that is no folder. */
export const KUBERNETES = 'kubernetes';

export interface Flags {
  /** A folder, or {@link KUBERNETES}. */
  readonly source: string;
  readonly listen: string;
  /** The node of pods that name none; Kubernetes pods all do once they run. */
  readonly node: string;
  readonly kubeconfig: string | undefined;
  readonly config: string | undefined;
  /** In the operator's own namespace. */
  readonly configMap: string | undefined;
  /** `namespace/name` each */
  readonly dnsServices: readonly string[];
  /** The operator's own. */
  readonly namespace: string;
  /** The Secret of the certificate authority. */
  readonly caSecret: string;
  /** This replica. */
  readonly identity: string;
  /** FQDNIdentity objects that the leader writes at most; 0: none. */
  readonly identities: number;
  /** HOST:PORT at which other replicas reach it; '' = they do not. */
  readonly address: string;
  readonly stateDir: string | undefined;
  /** HOST:PORT of health and metrics; undefined: neither is told. */
  readonly metrics: string | undefined;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export const USAGE = `Usage: namewall-operator --source DIR --listen unix:/PATH --node NAME [flags]
       namewall-operator --source kubernetes --listen tls:HOST:PORT [flags]

  --source DIR         policies, pods and the NamewallConfig: *.yaml and *.yml
  --source kubernetes  all of it from an API server (a folder of that name is ./kubernetes)
  --kubeconfig FILE    how to reach the API server (default: the pod's service account)
  --config FILE        with kubernetes: a NamewallConfig; read again when it changes
  --config-map NAME    instead: in the operator's namespace, with a NamewallConfig as config.yaml
  --dns-service NS/NAME
                       with kubernetes: whose answers are trusted, may be repeated (default: kube-system/kube-dns)
  --listen unix:/PATH  where agents connect; a socket of mode 0600
  --listen tls:HOST:PORT
                       with kubernetes: TLS 1.3, agents prove their node (docs/adr/0006-stream-security.md)
  --namespace NAME     the operator's own (default: namewall)
  --ca-secret NAME     the authority of certificates; made when it is not there (default: namewall-ca)
  --identity NAME      this replica (default: the host's name)
  --address HOST:PORT  where other replicas reach this one, to tell it of their agents while it leads
  --node NAME          with a folder: the node of pods without spec.nodeName
  --identities N       FQDNIdentity objects that the leader writes at most, 0 for none (default: 1000)
  --metrics HOST:PORT  /healthz, /readyz and /metrics (default: none)
  --state-dir DIR      keeps the last good version of each file over a restart (default: only in memory)
  --log-format FORMAT  ${LOG_FORMATS.join(' or ')} (default: json)
  --log-level LEVEL    ${LOG_LEVELS.join(', ')} (default: info)
  --help               show this`;

/** @returns undefined for --help. @throws OperatorError USAGE */
export function readFlags(args: readonly string[]): Flags | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const source = required('--source', values.source);
  const listen = required('--listen', values.listen);
  if (listen.startsWith('tls:') && source !== KUBERNETES) {
    throw new OperatorError('USAGE', '--listen: tls: needs --source kubernetes; write unix:/PATH with a folder');
  }
  return {
    source,
    listen,
    namespace: values.namespace,
    caSecret: values['ca-secret'],
    identity: values.identity ?? hostname(),
    address: values.address,
    identities: wholeNumber('--identities', values.identities),
    node: source === KUBERNETES ? '' : required('--node', values.node),
    kubeconfig: values.kubeconfig,
    config: values.config,
    configMap: values['config-map'],
    dnsServices: values['dns-service'].map(serviceName),
    stateDir: values['state-dir'],
    metrics: values.metrics,
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
        kubeconfig: { type: 'string' },
        config: { type: 'string' },
        'config-map': { type: 'string' },
        'dns-service': { type: 'string', multiple: true, default: ['kube-system/kube-dns'] },
        namespace: { type: 'string', default: 'namewall' },
        'ca-secret': { type: 'string', default: 'namewall-ca' },
        identity: { type: 'string' },
        address: { type: 'string', default: '' },
        identities: { type: 'string', default: '1000' },
        'state-dir': { type: 'string' },
        metrics: { type: 'string' },
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

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,6}$/u.test(text)) return Number(text);
  throw new OperatorError('USAGE', `${flag}: "${text}" is no number; write 0 to 999999`);
}

function serviceName(text: string): string {
  if (/^[a-z0-9-]+\/[a-z0-9-]+$/u.test(text)) return text;
  throw new OperatorError(
    'USAGE',
    `--dns-service: "${text}" is not NAMESPACE/NAME; write it like kube-system/kube-dns`,
  );
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
