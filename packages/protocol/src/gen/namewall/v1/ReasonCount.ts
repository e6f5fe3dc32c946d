// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface ReasonCount {
  'number'?: (number);
  'reason'?: (string);
  'count'?: (bigint);
}

export interface ReasonCount__Output {
  'number': (number);
  'reason': (string);
  'count': (bigint);
}
