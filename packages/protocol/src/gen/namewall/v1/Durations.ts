// From proto/namewall/v1/stream.proto; written by `make generate`.


export interface Durations {
  'ttlFloor'?: (bigint);
  'ttlCeiling'?: (bigint);
  'ttlGrace'?: (bigint);
  'idleWindow'?: (bigint);
  'pendingAge'?: (bigint);
  'tcpIdle'?: (bigint);
  'tcpOpening'?: (bigint);
  'tcpClosing'?: (bigint);
  'udpIdle'?: (bigint);
  'icmpIdle'?: (bigint);
  'grandfather'?: (bigint);
}

export interface Durations__Output {
  'ttlFloor': (bigint);
  'ttlCeiling': (bigint);
  'ttlGrace': (bigint);
  'idleWindow': (bigint);
  'pendingAge': (bigint);
  'tcpIdle': (bigint);
  'tcpOpening': (bigint);
  'tcpClosing': (bigint);
  'udpIdle': (bigint);
  'icmpIdle': (bigint);
  'grandfather': (bigint);
}
