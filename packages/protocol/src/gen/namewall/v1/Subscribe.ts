// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { ResourceVersion as _namewall_v1_ResourceVersion, ResourceVersion__Output as _namewall_v1_ResourceVersion__Output } from '../../namewall/v1/ResourceVersion.ts';

export interface Subscribe {
  'held'?: (_namewall_v1_ResourceVersion)[];
}

export interface Subscribe__Output {
  'held': (_namewall_v1_ResourceVersion__Output)[];
}
