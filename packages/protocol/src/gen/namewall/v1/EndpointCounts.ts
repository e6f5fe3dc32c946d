// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface EndpointCounts {
  'queries'?: (bigint);
  'refused'?: (bigint);
  'answers'?: (bigint);
  'learned'?: (bigint);
  'allowed'?: (bigint);
  'denied'?: (bigint);
  'auditDenied'?: (bigint);
  'inbound'?: (bigint);
  'wildcardQueries'?: (bigint);
  'wildcardOctets'?: (bigint);
  'wildcardNames'?: (bigint);
}

export interface EndpointCounts__Output {
  'queries': (bigint);
  'refused': (bigint);
  'answers': (bigint);
  'learned': (bigint);
  'allowed': (bigint);
  'denied': (bigint);
  'auditDenied': (bigint);
  'inbound': (bigint);
  'wildcardQueries': (bigint);
  'wildcardOctets': (bigint);
  'wildcardNames': (bigint);
}
