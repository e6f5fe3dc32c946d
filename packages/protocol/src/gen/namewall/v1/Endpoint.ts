// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Endpoint {
  'uid'?: (string);
  'namespace'?: (string);
  'name'?: (string);
  'ruleset'?: (string);
  'search'?: (string)[];
  'addresses'?: (Uint8Array)[];
  'netns'?: (string);
  'dnsPolicy'?: (string);
}

export interface Endpoint__Output {
  'uid': (string);
  'namespace': (string);
  'name': (string);
  'ruleset': (string);
  'search': (string)[];
  'addresses': (Buffer)[];
  'netns': (string);
  'dnsPolicy': (string);
}
