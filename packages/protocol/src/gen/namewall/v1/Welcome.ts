// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Welcome {
  'protocolMajor'?: (number);
  'protocolMinor'?: (number);
  'operatorVersion'?: (string);
}

export interface Welcome__Output {
  'protocolMajor': (number);
  'protocolMinor': (number);
  'operatorVersion': (string);
}
