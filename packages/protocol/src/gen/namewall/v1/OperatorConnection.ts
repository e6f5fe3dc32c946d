// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { ConnectionPhase as _namewall_v1_ConnectionPhase, ConnectionPhase__Output as _namewall_v1_ConnectionPhase__Output } from '../../namewall/v1/ConnectionPhase.ts';

export interface OperatorConnection {
  'address'?: (string);
  'phase'?: (_namewall_v1_ConnectionPhase);
  'sinceMs'?: (bigint);
  'lastError'?: (string);
  'failedAttempts'?: (number);
  'operatorVersion'?: (string);
  'changesApplied'?: (bigint);
  'changesRefused'?: (bigint);
}

export interface OperatorConnection__Output {
  'address': (string);
  'phase': (_namewall_v1_ConnectionPhase__Output);
  'sinceMs': (bigint);
  'lastError': (string);
  'failedAttempts': (number);
  'operatorVersion': (string);
  'changesApplied': (bigint);
  'changesRefused': (bigint);
}
