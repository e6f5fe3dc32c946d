import { PORTS } from '../lab/addresses.ts';
import { SERVICES, type Service, nameOf } from './services.ts';

export interface MixPolicy {
  readonly audit?: boolean;
  /** Every service but these is allowed. */
  readonly without?: readonly Service[];
  readonly deny?: readonly Service[];
  /** Names that are allowed on every port. */
  readonly also?: readonly string[];
}

const PORT: Readonly<Record<Service, readonly [protocol: 'TCP' | 'UDP', port: number]>> = {
  web: ['TCP', PORTS.web],
  secure: ['TCP', PORTS.https],
  quic: ['UDP', PORTS.quic],
  git: ['TCP', PORTS.ssh],
  store: ['TCP', PORTS.redis],
  mail: ['TCP', PORTS.smtp],
  socket: ['TCP', PORTS.socket],
};

const rule = (name: string, ports = ''): string => `  - to:
    - fqdn:
        matchName: ${name}
${ports}`;

function allow(service: Service): string {
  const [protocol, port] = PORT[service];
  return rule(nameOf(service), `    ports:\n    - protocol: ${protocol}\n      port: ${port}\n`);
}

/** A policy of the pods `app: shop`. */
export function mixPolicy({ audit = false, without = [], deny = [], also = [] }: MixPolicy): string {
  const allowed = SERVICES.filter((service) => !without.includes(service)).map(allow);
  const others = also.map((name) => rule(name));
  const denied = deny.map((service) => rule(nameOf(service)));
  return `apiVersion: namewall.dev/v1alpha1
kind: FQDNNetworkPolicy
metadata:
  name: mix
  namespace: default
spec:
  podSelector:
    matchLabels:
      app: shop
  enforcementMode: ${audit ? 'Audit' : 'Enforce'}
  egress:
${[...allowed, ...others].join('')}${denied.length > 0 ? `  egressDeny:\n${denied.join('')}` : ''}`;
}
