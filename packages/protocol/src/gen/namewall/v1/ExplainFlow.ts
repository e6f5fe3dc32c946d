// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface ExplainFlow {
  'localPort'?: (number);
  'remotePort'?: (number);
  'protocol'?: (number);
  'state'?: (string);
  'expiresInMs'?: (bigint);
}

export interface ExplainFlow__Output {
  'localPort': (number);
  'remotePort': (number);
  'protocol': (number);
  'state': (string);
  'expiresInMs': (bigint);
}
