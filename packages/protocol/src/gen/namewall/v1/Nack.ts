// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceError as _namewall_v1_ResourceError, ResourceError__Output as _namewall_v1_ResourceError__Output } from '../../namewall/v1/ResourceError.ts';

export interface Nack {
  'nonce'?: (string);
  'errors'?: (_namewall_v1_ResourceError)[];
}

export interface Nack__Output {
  'nonce': (string);
  'errors': (_namewall_v1_ResourceError__Output)[];
}
