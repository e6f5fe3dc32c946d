// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { OperatorConnection as _namewall_v1_OperatorConnection, OperatorConnection__Output as _namewall_v1_OperatorConnection__Output } from '../../namewall/v1/OperatorConnection.ts';
import type { NodeSwitch as _namewall_v1_NodeSwitch, NodeSwitch__Output as _namewall_v1_NodeSwitch__Output } from '../../namewall/v1/NodeSwitch.ts';
import type { ReasonCount as _namewall_v1_ReasonCount, ReasonCount__Output as _namewall_v1_ReasonCount__Output } from '../../namewall/v1/ReasonCount.ts';
import type { MapFill as _namewall_v1_MapFill, MapFill__Output as _namewall_v1_MapFill__Output } from '../../namewall/v1/MapFill.ts';
import type { Sweeper as _namewall_v1_Sweeper, Sweeper__Output as _namewall_v1_Sweeper__Output } from '../../namewall/v1/Sweeper.ts';

export interface StatusResponse {
  'agentVersion'?: (string);
  'node'?: (string);
  'uptimeMs'?: (bigint);
  'operator'?: (_namewall_v1_OperatorConnection | null);
  'nodeSwitch'?: (_namewall_v1_NodeSwitch);
  'counts'?: (_namewall_v1_ReasonCount)[];
  'maps'?: (_namewall_v1_MapFill)[];
  'sweeper'?: (_namewall_v1_Sweeper | null);
  'endpoints'?: (number);
  'rulesets'?: (number);
  'selectors'?: (number);
  'namesVersion'?: (number);
  'grandfatheredFlows'?: (bigint);
  'untilCloseFlows'?: (bigint);
  'switchedByHand'?: (boolean);
}

export interface StatusResponse__Output {
  'agentVersion': (string);
  'node': (string);
  'uptimeMs': (bigint);
  'operator': (_namewall_v1_OperatorConnection__Output | null);
  'nodeSwitch': (_namewall_v1_NodeSwitch__Output);
  'counts': (_namewall_v1_ReasonCount__Output)[];
  'maps': (_namewall_v1_MapFill__Output)[];
  'sweeper': (_namewall_v1_Sweeper__Output | null);
  'endpoints': (number);
  'rulesets': (number);
  'selectors': (number);
  'namesVersion': (number);
  'grandfatheredFlows': (bigint);
  'untilCloseFlows': (bigint);
  'switchedByHand': (boolean);
}
