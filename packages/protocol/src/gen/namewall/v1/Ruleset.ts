// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { NameRule as _namewall_v1_NameRule, NameRule__Output as _namewall_v1_NameRule__Output } from '../../namewall/v1/NameRule.ts';
import type { CidrRule as _namewall_v1_CidrRule, CidrRule__Output as _namewall_v1_CidrRule__Output } from '../../namewall/v1/CidrRule.ts';
import type { Durations as _namewall_v1_Durations, Durations__Output as _namewall_v1_Durations__Output } from '../../namewall/v1/Durations.ts';
import type { PolicyRef as _namewall_v1_PolicyRef, PolicyRef__Output as _namewall_v1_PolicyRef__Output } from '../../namewall/v1/PolicyRef.ts';

export interface Ruleset {
  'flags'?: (number);
  'names'?: (_namewall_v1_NameRule)[];
  'cidrs'?: (_namewall_v1_CidrRule)[];
  'durations'?: (_namewall_v1_Durations | null);
  'policies'?: (_namewall_v1_PolicyRef)[];
}

export interface Ruleset__Output {
  'flags': (number);
  'names': (_namewall_v1_NameRule__Output)[];
  'cidrs': (_namewall_v1_CidrRule__Output)[];
  'durations': (_namewall_v1_Durations__Output | null);
  'policies': (_namewall_v1_PolicyRef__Output)[];
}
