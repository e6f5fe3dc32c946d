// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface EndpointUsage {
  'pending'?: (number);
  'learned'?: (number);
  'flowsOut'?: (number);
  'flowsIn'?: (number);
  'grandfathered'?: (number);
  'untilClose'?: (number);
}

export interface EndpointUsage__Output {
  'pending': (number);
  'learned': (number);
  'flowsOut': (number);
  'flowsIn': (number);
  'grandfathered': (number);
  'untilClose': (number);
}
