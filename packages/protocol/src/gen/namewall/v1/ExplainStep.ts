// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface ExplainStep {
  'name'?: (string);
  'found'?: (string);
  'decides'?: (boolean);
}

export interface ExplainStep__Output {
  'name': (string);
  'found': (string);
  'decides': (boolean);
}
