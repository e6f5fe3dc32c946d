import { z } from 'zod';
import { RANGES_MAX, RESOLVERS_MAX } from '../limits.ts';
import { parseSelector } from '../selector.ts';
import { parseAddress } from '../value/address.ts';
import { parseCidr, prefixKey } from '../value/cidr.ts';
import { API_VERSION, addressText, cidrText, clusterMetadata, durationText } from './common.ts';
import { forbidRepeats, tryRead } from './problem.ts';

const resolver = z.strictObject({
  address: addressText,
  port: z.int().min(1).max(65535).optional().meta({ default: 53 }),
  protocols: z
    .array(z.enum(['UDP', 'TCP']))
    .min(1)
    .optional()
    .meta({ default: ['UDP', 'TCP'] }),
});

const cidrs = z
  .array(cidrText)
  .max(RANGES_MAX)
  .superRefine((list, ctx) => forbidRepeats(ctx, [], list.map(cidrKey)))
  .optional();

const ranges = z.strictObject({
  cluster: cidrs.meta({ description: 'Services and pods: left to NetworkPolicy unless a rule says otherwise.' }),
  apiServer: cidrs.meta({ description: 'Endpoints of default/kubernetes: exempt, and never learned.' }),
  nodes: cidrs.meta({ description: 'Node addresses: never learned.' }),
  reserved: cidrs.meta({ description: 'Further addresses that are never learned.' }),
  defaultReserved: z.boolean().optional().meta({
    default: true,
    description: 'Loopback, link-local, multicast and broadcast are never learned.',
  }),
  metadata: cidrs.meta({ description: 'Further cloud metadata addresses: never learned, never exempt.' }),
});

const durations = z.strictObject({
  ttlFloor: durationText.optional(),
  ttlCeiling: durationText.optional(),
  ttlGrace: durationText.optional(),
  idleWindow: durationText.optional(),
  pendingAge: durationText.optional(),
  tcpIdle: durationText.optional(),
  tcpOpening: durationText.optional(),
  tcpClosing: durationText.optional(),
  udpIdle: durationText.optional(),
  icmpIdle: durationText.optional(),
  grandfather: durationText.optional(),
});

const quota = z.int().min(1).max(0xffffffff).optional();

const clusterDomain = z.string().superRefine((text, ctx) => tryRead(ctx, [], () => parseSelector({ matchName: text })));

const spec = z
  .strictObject({
    resolvers: z
      .array(resolver)
      .max(RESOLVERS_MAX)
      .optional()
      .meta({ description: 'The only servers whose answers teach, and that selected pods may always ask.' }),
    clusterDomain: clusterDomain.optional().meta({ default: 'cluster.local' }),
    ranges: ranges.optional(),
    durations: durations.optional(),
    quotas: z
      .strictObject({ pending: quota, learned: quota, flowsOut: quota, flowsIn: quota })
      .optional()
      .meta({ description: 'Entries of the shared tables that one pod may hold.' }),
    unknownPods: z.enum(['Open', 'Quarantine']).optional().meta({ default: 'Open' }),
    nodeSwitch: z.enum(['On', 'Audit', 'Off']).optional().meta({ default: 'On' }),
    excludedNamespaces: z
      .array(z.string())
      .optional()
      .meta({
        default: ['kube-system'],
        description: 'Namespaces that no cluster policy applies to.',
      }),
  })
  .superRefine((value, ctx) => forbidRepeats(ctx, ['resolvers'], (value.resolvers ?? []).map(resolverKey)));

export const namewallConfigSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('NamewallConfig'),
  metadata: clusterMetadata,
  spec,
  status: z.looseObject({}).optional(),
});

export type NamewallConfig = z.infer<typeof namewallConfigSchema>;
export type NamewallConfigSpec = NamewallConfig['spec'];

function cidrKey(text: string): string | undefined {
  try {
    return prefixKey(parseCidr(text));
  } catch {
    return undefined;
  }
}

function resolverKey(value: z.infer<typeof resolver>): string | undefined {
  try {
    const address = Buffer.from(parseAddress(value.address)).toString('hex');
    return `${address}/${value.port ?? 53}/${(value.protocols ?? ['UDP', 'TCP']).toSorted().join()}`;
  } catch {
    return undefined;
  }
}
