// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceType as _namewall_v1_ResourceType, ResourceType__Output as _namewall_v1_ResourceType__Output } from '../../namewall/v1/ResourceType.ts';

export interface ResourceName {
  'type'?: (_namewall_v1_ResourceType);
  'name'?: (string);
}

export interface ResourceName__Output {
  'type': (_namewall_v1_ResourceType__Output);
  'name': (string);
}
