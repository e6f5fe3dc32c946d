// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { Verdict as _namewall_v1_Verdict, Verdict__Output as _namewall_v1_Verdict__Output } from '../../namewall/v1/Verdict.ts';
import type { PolicyRef as _namewall_v1_PolicyRef, PolicyRef__Output as _namewall_v1_PolicyRef__Output } from '../../namewall/v1/PolicyRef.ts';
import type { ExplainStep as _namewall_v1_ExplainStep, ExplainStep__Output as _namewall_v1_ExplainStep__Output } from '../../namewall/v1/ExplainStep.ts';
import type { AuditExplanation as _namewall_v1_AuditExplanation, AuditExplanation__Output as _namewall_v1_AuditExplanation__Output } from '../../namewall/v1/AuditExplanation.ts';
import type { ExplainSelector as _namewall_v1_ExplainSelector, ExplainSelector__Output as _namewall_v1_ExplainSelector__Output } from '../../namewall/v1/ExplainSelector.ts';
import type { LearnedName as _namewall_v1_LearnedName, LearnedName__Output as _namewall_v1_LearnedName__Output } from '../../namewall/v1/LearnedName.ts';
import type { Explanation as _namewall_v1_Explanation, Explanation__Output as _namewall_v1_Explanation__Output } from '../../namewall/v1/Explanation.ts';
import type { ExplainFlow as _namewall_v1_ExplainFlow, ExplainFlow__Output as _namewall_v1_ExplainFlow__Output } from '../../namewall/v1/ExplainFlow.ts';

export interface Explanation {
  'question'?: (string);
  'verdict'?: (_namewall_v1_Verdict);
  'reason'?: (string);
  'reasonNumber'?: (number);
  'why'?: (string);
  'fix'?: (string);
  'rule'?: (string);
  'policies'?: (_namewall_v1_PolicyRef)[];
  'steps'?: (_namewall_v1_ExplainStep)[];
  'audit'?: (_namewall_v1_AuditExplanation | null);
  'selectors'?: (_namewall_v1_ExplainSelector)[];
  'addresses'?: (_namewall_v1_LearnedName)[];
  'connections'?: (_namewall_v1_Explanation)[];
  'flows'?: (_namewall_v1_ExplainFlow)[];
  'selectedBy'?: (_namewall_v1_PolicyRef)[];
  'policiesUnknown'?: (boolean);
  'ruleset'?: (string);
  'rcode'?: (string);
}

export interface Explanation__Output {
  'question': (string);
  'verdict': (_namewall_v1_Verdict__Output);
  'reason': (string);
  'reasonNumber': (number);
  'why': (string);
  'fix': (string);
  'rule': (string);
  'policies': (_namewall_v1_PolicyRef__Output)[];
  'steps': (_namewall_v1_ExplainStep__Output)[];
  'audit': (_namewall_v1_AuditExplanation__Output | null);
  'selectors': (_namewall_v1_ExplainSelector__Output)[];
  'addresses': (_namewall_v1_LearnedName__Output)[];
  'connections': (_namewall_v1_Explanation__Output)[];
  'flows': (_namewall_v1_ExplainFlow__Output)[];
  'selectedBy': (_namewall_v1_PolicyRef__Output)[];
  'policiesUnknown': (boolean);
  'ruleset': (string);
  'rcode': (string);
}
