// From proto/namewall/v1/replicas.proto; written by `make generate`.

import type { AppliedRuleset as _namewall_v1_AppliedRuleset, AppliedRuleset__Output as _namewall_v1_AppliedRuleset__Output } from '../../namewall/v1/AppliedRuleset.ts';
import type { EndpointState as _namewall_v1_EndpointState, EndpointState__Output as _namewall_v1_EndpointState__Output } from '../../namewall/v1/EndpointState.ts';
import type { ResourceError as _namewall_v1_ResourceError, ResourceError__Output as _namewall_v1_ResourceError__Output } from '../../namewall/v1/ResourceError.ts';

export interface NodeReport {
  'node'?: (string);
  'connected'?: (boolean);
  'agentVersion'?: (string);
  'applied'?: (_namewall_v1_AppliedRuleset)[];
  'endpoints'?: (_namewall_v1_EndpointState)[];
  'rejected'?: (_namewall_v1_ResourceError)[];
  'gone'?: (boolean);
}

export interface NodeReport__Output {
  'node': (string);
  'connected': (boolean);
  'agentVersion': (string);
  'applied': (_namewall_v1_AppliedRuleset__Output)[];
  'endpoints': (_namewall_v1_EndpointState__Output)[];
  'rejected': (_namewall_v1_ResourceError__Output)[];
  'gone': (boolean);
}
