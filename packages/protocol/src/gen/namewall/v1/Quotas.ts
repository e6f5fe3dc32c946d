// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Quotas {
  'pending'?: (number);
  'learned'?: (number);
  'flowsOut'?: (number);
  'flowsIn'?: (number);
}

export interface Quotas__Output {
  'pending': (number);
  'learned': (number);
  'flowsOut': (number);
  'flowsIn': (number);
}
