// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { EndpointPhase as _namewall_v1_EndpointPhase, EndpointPhase__Output as _namewall_v1_EndpointPhase__Output } from '../../namewall/v1/EndpointPhase.ts';
import type { Hook as _namewall_v1_Hook, Hook__Output as _namewall_v1_Hook__Output } from '../../namewall/v1/Hook.ts';
import type { EndpointUsage as _namewall_v1_EndpointUsage, EndpointUsage__Output as _namewall_v1_EndpointUsage__Output } from '../../namewall/v1/EndpointUsage.ts';
import type { EndpointCounts as _namewall_v1_EndpointCounts, EndpointCounts__Output as _namewall_v1_EndpointCounts__Output } from '../../namewall/v1/EndpointCounts.ts';
import type { PolicyRef as _namewall_v1_PolicyRef, PolicyRef__Output as _namewall_v1_PolicyRef__Output } from '../../namewall/v1/PolicyRef.ts';

export interface EndpointStatus {
  'uid'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'number'?: (number);
  'ruleset'?: (string);
  'phase'?: (_namewall_v1_EndpointPhase);
  'reason'?: (string);
  'message'?: (string);
  'hooks'?: (_namewall_v1_Hook)[];
  'usage'?: (_namewall_v1_EndpointUsage | null);
  'counts'?: (_namewall_v1_EndpointCounts | null);
  'addresses'?: (Uint8Array)[];
  'policies'?: (_namewall_v1_PolicyRef)[];
}

export interface EndpointStatus__Output {
  'uid': (string);
  'namespace': (string);
  'name': (string);
  'number': (number);
  'ruleset': (string);
  'phase': (_namewall_v1_EndpointPhase__Output);
  'reason': (string);
  'message': (string);
  'hooks': (_namewall_v1_Hook__Output)[];
  'usage': (_namewall_v1_EndpointUsage__Output | null);
  'counts': (_namewall_v1_EndpointCounts__Output | null);
  'addresses': (Buffer)[];
  'policies': (_namewall_v1_PolicyRef__Output)[];
}
