// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { Welcome as _namewall_v1_Welcome, Welcome__Output as _namewall_v1_Welcome__Output } from '../../namewall/v1/Welcome.ts';
import type { Delta as _namewall_v1_Delta, Delta__Output as _namewall_v1_Delta__Output } from '../../namewall/v1/Delta.ts';
import type { Renewal as _namewall_v1_Renewal, Renewal__Output as _namewall_v1_Renewal__Output } from '../../namewall/v1/Renewal.ts';

export interface OperatorMessage {
  'welcome'?: (_namewall_v1_Welcome | null);
  'delta'?: (_namewall_v1_Delta | null);
  'renewal'?: (_namewall_v1_Renewal | null);
  'message'?: "welcome"|"delta"|"renewal";
}

export interface OperatorMessage__Output {
  'welcome'?: (_namewall_v1_Welcome__Output | null);
  'delta'?: (_namewall_v1_Delta__Output | null);
  'renewal'?: (_namewall_v1_Renewal__Output | null);
  'message'?: "welcome"|"delta"|"renewal";
}
