// From proto/namewall/v1/replicas.proto; written by `make generate`.


export interface AppliedRuleset {
  'uid'?: (string);
  'ruleset'?: (string);
}

export interface AppliedRuleset__Output {
  'uid': (string);
  'ruleset': (string);
}
