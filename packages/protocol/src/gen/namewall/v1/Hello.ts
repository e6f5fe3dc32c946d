// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Hello {
  'protocolMajor'?: (number);
  'protocolMinor'?: (number);
  'node'?: (string);
  'agentVersion'?: (string);
  'instance'?: (string);
}

export interface Hello__Output {
  'protocolMajor': (number);
  'protocolMinor': (number);
  'node': (string);
  'agentVersion': (string);
  'instance': (string);
}
