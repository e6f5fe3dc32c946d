// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface PortRow {
  'precedence'?: (number);
  'protocol'?: (number);
  'portFirst'?: (number);
  'portLast'?: (number);
  'flags'?: (number);
  'policy'?: (number);
}

export interface PortRow__Output {
  'precedence': (number);
  'protocol': (number);
  'portFirst': (number);
  'portLast': (number);
  'flags': (number);
  'policy': (number);
}
