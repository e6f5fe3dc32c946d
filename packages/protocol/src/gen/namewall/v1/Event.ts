// From proto/namewall/v1/observer.proto; written by `make generate`.

import type { EventKind as _namewall_v1_EventKind, EventKind__Output as _namewall_v1_EventKind__Output } from '../../namewall/v1/EventKind.ts';
import type { Verdict as _namewall_v1_Verdict, Verdict__Output as _namewall_v1_Verdict__Output } from '../../namewall/v1/Verdict.ts';
import type { PolicyRef as _namewall_v1_PolicyRef, PolicyRef__Output as _namewall_v1_PolicyRef__Output } from '../../namewall/v1/PolicyRef.ts';

export interface Event {
  'time'?: (bigint);
  'lost'?: (bigint);
  'uid'?: (string);
  'namespace'?: (string);
  'pod'?: (string);
  'endpoint'?: (number);
  'ruleset'?: (string);
  'kind'?: (_namewall_v1_EventKind);
  'reason'?: (string);
  'reasonNumber'?: (number);
  'verdict'?: (_namewall_v1_Verdict);
  'name'?: (string);
  'qtype'?: (number);
  'rcode'?: (number);
  'remote'?: (Uint8Array);
  'remotePort'?: (number);
  'local'?: (Uint8Array);
  'localPort'?: (number);
  'protocol'?: (number);
  'selector'?: (string);
  'precedence'?: (number);
  'addresses'?: (number);
  'policies'?: (_namewall_v1_PolicyRef)[];
  'why'?: (string);
  'fix'?: (string);
  'rule'?: (string);
}

export interface Event__Output {
  'time': (bigint);
  'lost': (bigint);
  'uid': (string);
  'namespace': (string);
  'pod': (string);
  'endpoint': (number);
  'ruleset': (string);
  'kind': (_namewall_v1_EventKind__Output);
  'reason': (string);
  'reasonNumber': (number);
  'verdict': (_namewall_v1_Verdict__Output);
  'name': (string);
  'qtype': (number);
  'rcode': (number);
  'remote': (Buffer);
  'remotePort': (number);
  'local': (Buffer);
  'localPort': (number);
  'protocol': (number);
  'selector': (string);
  'precedence': (number);
  'addresses': (number);
  'policies': (_namewall_v1_PolicyRef__Output)[];
  'why': (string);
  'fix': (string);
  'rule': (string);
}
