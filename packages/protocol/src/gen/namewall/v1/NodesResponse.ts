// From proto/namewall/v1/admin.proto; written by `make generate`.

import type { NodeSummary as _namewall_v1_NodeSummary, NodeSummary__Output as _namewall_v1_NodeSummary__Output } from '../../namewall/v1/NodeSummary.ts';

export interface NodesResponse {
  'replica'?: (string);
  'operatorVersion'?: (string);
  'leading'?: (boolean);
  'nodes'?: (_namewall_v1_NodeSummary)[];
}

export interface NodesResponse__Output {
  'replica': (string);
  'operatorVersion': (string);
  'leading': (boolean);
  'nodes': (_namewall_v1_NodeSummary__Output)[];
}
