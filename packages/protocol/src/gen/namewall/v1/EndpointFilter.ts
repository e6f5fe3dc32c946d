// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface EndpointFilter {
  'namespace'?: (string);
  'name'?: (string);
  'uid'?: (string);
  'number'?: (number);
}

export interface EndpointFilter__Output {
  'namespace': (string);
  'name': (string);
  'uid': (string);
  'number': (number);
}
