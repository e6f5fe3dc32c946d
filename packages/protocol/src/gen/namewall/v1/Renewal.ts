// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { EnrolResponse as _namewall_v1_EnrolResponse, EnrolResponse__Output as _namewall_v1_EnrolResponse__Output } from '../../namewall/v1/EnrolResponse.ts';

export interface Renewal {
  'enrolled'?: (_namewall_v1_EnrolResponse | null);
}

export interface Renewal__Output {
  'enrolled': (_namewall_v1_EnrolResponse__Output | null);
}
