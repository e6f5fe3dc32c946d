// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceType as _namewall_v1_ResourceType, ResourceType__Output as _namewall_v1_ResourceType__Output } from '../../namewall/v1/ResourceType.ts';

export interface Resource {
  'type'?: (_namewall_v1_ResourceType);
  'name'?: (string);
  'version'?: (Uint8Array);
  'body'?: (Uint8Array);
}

export interface Resource__Output {
  'type': (_namewall_v1_ResourceType__Output);
  'name': (string);
  'version': (Buffer);
  'body': (Buffer);
}
