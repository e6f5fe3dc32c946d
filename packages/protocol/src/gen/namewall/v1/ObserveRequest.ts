// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { EndpointFilter as _namewall_v1_EndpointFilter, EndpointFilter__Output as _namewall_v1_EndpointFilter__Output } from '../../namewall/v1/EndpointFilter.ts';
import type { EventKind as _namewall_v1_EventKind, EventKind__Output as _namewall_v1_EventKind__Output } from '../../namewall/v1/EventKind.ts';
import type { Verdict as _namewall_v1_Verdict, Verdict__Output as _namewall_v1_Verdict__Output } from '../../namewall/v1/Verdict.ts';

export interface ObserveRequest {
  'filter'?: (_namewall_v1_EndpointFilter | null);
  'kinds'?: (_namewall_v1_EventKind)[];
  'verdicts'?: (_namewall_v1_Verdict)[];
  'reasons'?: (string)[];
  'namePattern'?: (string);
  'address'?: (Uint8Array);
}

export interface ObserveRequest__Output {
  'filter': (_namewall_v1_EndpointFilter__Output | null);
  'kinds': (_namewall_v1_EventKind__Output)[];
  'verdicts': (_namewall_v1_Verdict__Output)[];
  'reasons': (string)[];
  'namePattern': (string);
  'address': (Buffer);
}
