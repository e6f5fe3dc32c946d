// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { PolicyRef as _namewall_v1_PolicyRef, PolicyRef__Output as _namewall_v1_PolicyRef__Output } from '../../namewall/v1/PolicyRef.ts';

export interface ExplainSelector {
  'selector'?: (string);
  'identity'?: (string);
  'effect'?: (string);
  'policies'?: (_namewall_v1_PolicyRef)[];
}

export interface ExplainSelector__Output {
  'selector': (string);
  'identity': (string);
  'effect': (string);
  'policies': (_namewall_v1_PolicyRef__Output)[];
}
