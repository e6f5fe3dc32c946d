// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { EndpointFilter as _namewall_v1_EndpointFilter, EndpointFilter__Output as _namewall_v1_EndpointFilter__Output } from '../../namewall/v1/EndpointFilter.ts';

export interface EndpointsRequest {
  'filter'?: (_namewall_v1_EndpointFilter | null);
}

export interface EndpointsRequest__Output {
  'filter': (_namewall_v1_EndpointFilter__Output | null);
}
