// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { Resource as _namewall_v1_Resource, Resource__Output as _namewall_v1_Resource__Output } from '../../namewall/v1/Resource.ts';
import type { ResourceName as _namewall_v1_ResourceName, ResourceName__Output as _namewall_v1_ResourceName__Output } from '../../namewall/v1/ResourceName.ts';

export interface Delta {
  'nonce'?: (string);
  'upserts'?: (_namewall_v1_Resource)[];
  'removals'?: (_namewall_v1_ResourceName)[];
  'complete'?: (boolean);
  'traceparent'?: (string);
}

export interface Delta__Output {
  'nonce': (string);
  'upserts': (_namewall_v1_Resource__Output)[];
  'removals': (_namewall_v1_ResourceName__Output)[];
  'complete': (boolean);
  'traceparent': (string);
}
