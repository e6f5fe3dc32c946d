// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceName as _namewall_v1_ResourceName, ResourceName__Output as _namewall_v1_ResourceName__Output } from '../../namewall/v1/ResourceName.ts';

export interface ResourceError {
  'resource'?: (_namewall_v1_ResourceName | null);
  'reason'?: (string);
  'message'?: (string);
}

export interface ResourceError__Output {
  'resource': (_namewall_v1_ResourceName__Output | null);
  'reason': (string);
  'message': (string);
}
