// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface LearnedName {
  'uid'?: (string);
  'namespace'?: (string);
  'pod'?: (string);
  'endpoint'?: (number);
  'selector'?: (string);
  'identity'?: (string);
  'name'?: (string);
  'address'?: (Uint8Array);
  'expiresInMs'?: (bigint);
}

export interface LearnedName__Output {
  'uid': (string);
  'namespace': (string);
  'pod': (string);
  'endpoint': (number);
  'selector': (string);
  'identity': (string);
  'name': (string);
  'address': (Buffer);
  'expiresInMs': (bigint);
}
