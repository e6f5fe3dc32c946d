// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceVersion as _namewall_v1_ResourceVersion, ResourceVersion__Output as _namewall_v1_ResourceVersion__Output } from '../../namewall/v1/ResourceVersion.ts';

export interface Ack {
  'nonce'?: (string);
  'applied'?: (_namewall_v1_ResourceVersion)[];
}

export interface Ack__Output {
  'nonce': (string);
  'applied': (_namewall_v1_ResourceVersion__Output)[];
}
