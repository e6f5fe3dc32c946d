// From proto/namewall/v1/observer.proto; written by `make generate`.


export interface Sweeper {
  'running'?: (boolean);
  'lastRunMs'?: (bigint);
  'swept'?: (bigint);
}

export interface Sweeper__Output {
  'running': (boolean);
  'lastRunMs': (bigint);
  'swept': (bigint);
}
