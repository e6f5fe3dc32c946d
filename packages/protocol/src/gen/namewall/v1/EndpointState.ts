// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { EndpointPhase as _namewall_v1_EndpointPhase, EndpointPhase__Output as _namewall_v1_EndpointPhase__Output } from '../../namewall/v1/EndpointPhase.ts';
import type { Hook as _namewall_v1_Hook, Hook__Output as _namewall_v1_Hook__Output } from '../../namewall/v1/Hook.ts';

export interface EndpointState {
  'uid'?: (string);
  'phase'?: (_namewall_v1_EndpointPhase);
  'reason'?: (string);
  'message'?: (string);
  'hooks'?: (_namewall_v1_Hook)[];
  'grandfatheredFlows'?: (bigint);
}

export interface EndpointState__Output {
  'uid': (string);
  'phase': (_namewall_v1_EndpointPhase__Output);
  'reason': (string);
  'message': (string);
  'hooks': (_namewall_v1_Hook__Output)[];
  'grandfatheredFlows': (bigint);
}
