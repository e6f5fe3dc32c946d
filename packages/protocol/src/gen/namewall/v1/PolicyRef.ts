// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface PolicyRef {
  'kind'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

export interface PolicyRef__Output {
  'kind': (string);
  'namespace': (string);
  'name': (string);
}
