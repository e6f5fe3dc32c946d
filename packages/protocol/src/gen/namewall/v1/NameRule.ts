// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { PortRow as _namewall_v1_PortRow, PortRow__Output as _namewall_v1_PortRow__Output } from '../../namewall/v1/PortRow.ts';

export interface NameRule {
  'selector'?: (string);
  'query'?: (number);
  'rows'?: (_namewall_v1_PortRow)[];
}

export interface NameRule__Output {
  'selector': (string);
  'query': (number);
  'rows': (_namewall_v1_PortRow__Output)[];
}
