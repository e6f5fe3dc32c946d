// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { Resolver as _namewall_v1_Resolver, Resolver__Output as _namewall_v1_Resolver__Output } from '../../namewall/v1/Resolver.ts';
import type { Range as _namewall_v1_Range, Range__Output as _namewall_v1_Range__Output } from '../../namewall/v1/Range.ts';
import type { Durations as _namewall_v1_Durations, Durations__Output as _namewall_v1_Durations__Output } from '../../namewall/v1/Durations.ts';
import type { Quotas as _namewall_v1_Quotas, Quotas__Output as _namewall_v1_Quotas__Output } from '../../namewall/v1/Quotas.ts';
import type { UnknownPods as _namewall_v1_UnknownPods, UnknownPods__Output as _namewall_v1_UnknownPods__Output } from '../../namewall/v1/UnknownPods.ts';
import type { NodeSwitch as _namewall_v1_NodeSwitch, NodeSwitch__Output as _namewall_v1_NodeSwitch__Output } from '../../namewall/v1/NodeSwitch.ts';

export interface NodeConfig {
  'resolvers'?: (_namewall_v1_Resolver)[];
  'ranges'?: (_namewall_v1_Range)[];
  'clusterDomain'?: (string);
  'durations'?: (_namewall_v1_Durations | null);
  'quotas'?: (_namewall_v1_Quotas | null);
  'unknownPods'?: (_namewall_v1_UnknownPods);
  'nodeSwitch'?: (_namewall_v1_NodeSwitch);
}

export interface NodeConfig__Output {
  'resolvers': (_namewall_v1_Resolver__Output)[];
  'ranges': (_namewall_v1_Range__Output)[];
  'clusterDomain': (string);
  'durations': (_namewall_v1_Durations__Output | null);
  'quotas': (_namewall_v1_Quotas__Output | null);
  'unknownPods': (_namewall_v1_UnknownPods__Output);
  'nodeSwitch': (_namewall_v1_NodeSwitch__Output);
}
