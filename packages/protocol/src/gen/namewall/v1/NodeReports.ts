// From proto/namewall/v1/replicas.proto; written by `make generate`.

import type { NodeReport as _namewall_v1_NodeReport, NodeReport__Output as _namewall_v1_NodeReport__Output } from '../../namewall/v1/NodeReport.ts';

export interface NodeReports {
  'nodes'?: (_namewall_v1_NodeReport)[];
}

export interface NodeReports__Output {
  'nodes': (_namewall_v1_NodeReport__Output)[];
}
