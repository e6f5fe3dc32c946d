// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface MapFill {
  'name'?: (string);
  'entries'?: (bigint);
  'maxEntries'?: (bigint);
  'bytes'?: (bigint);
}

export interface MapFill__Output {
  'name': (string);
  'entries': (bigint);
  'maxEntries': (bigint);
  'bytes': (bigint);
}
