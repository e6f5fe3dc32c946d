// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Range {
  'prefix'?: (Uint8Array);
  'prefixLength'?: (number);
  'flags'?: (number);
}

export interface Range__Output {
  'prefix': (Buffer);
  'prefixLength': (number);
  'flags': (number);
}
