// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { EndpointState as _namewall_v1_EndpointState, EndpointState__Output as _namewall_v1_EndpointState__Output } from '../../namewall/v1/EndpointState.ts';

export interface EndpointStates {
  'states'?: (_namewall_v1_EndpointState)[];
}

export interface EndpointStates__Output {
  'states': (_namewall_v1_EndpointState__Output)[];
}
