// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Resolver {
  'address'?: (Uint8Array);
  'port'?: (number);
  'protocol'?: (number);
}

export interface Resolver__Output {
  'address': (Buffer);
  'port': (number);
  'protocol': (number);
}
