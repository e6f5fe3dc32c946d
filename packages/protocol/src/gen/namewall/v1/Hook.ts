// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Hook {
  'interface'?: (string);
  'direction'?: (string);
  'attachment'?: (string);
}

export interface Hook__Output {
  'interface': (string);
  'direction': (string);
  'attachment': (string);
}
