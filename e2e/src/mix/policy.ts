import { PORTS } from '../lab/addresses.ts';
import { SERVICES, type Service, nameOf } from './services.ts';

export interface MixPolicy {
  readonly audit?: boolean;
  /** Every service but these is allowed. */
  readonly without?: readonly Service[];
  readonly deny?: readonly Service[];
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

const rule = (service: Service, ports = ''): string => `  - to:
    - fqdn:
        matchName: ${nameOf(service)}
${ports}`;

function allow(service: Service): string {
  const [protocol, port] = PORT[service];
  return rule(service, `    ports:\n    - protocol: ${protocol}\n      port: ${port}\n`);
}

/** A policy of the pods `app: shop`. */
export const mixPolicy = ({
  audit = false,
  without = [],
  deny = [],
}: MixPolicy): string => `apiVersion: namewall.dev/v1alpha1
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
${SERVICES.filter((service) => !without.includes(service))
  .map(allow)
  .join('')}${deny.length > 0 ? `  egressDeny:\n${deny.map((service) => rule(service)).join('')}` : ''}`;
