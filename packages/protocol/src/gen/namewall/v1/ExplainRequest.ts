// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface ExplainRequest {
  'endpoint'?: (number);
  'name'?: (string);
  'address'?: (Uint8Array);
  'port'?: (number);
  'protocol'?: (number);
}

export interface ExplainRequest__Output {
  'endpoint': (number);
  'name': (string);
  'address': (Buffer);
  'port': (number);
  'protocol': (number);
}
