// From proto/namewall/v1/admin.proto; written by `make generate`.


export interface NodeSummary {
  'node'?: (string);
  'connected'?: (boolean);
  'here'?: (boolean);
  'agentVersion'?: (string);
  'pods'?: (number);
  'degraded'?: (number);
  'problem'?: (string);
}

export interface NodeSummary__Output {
  'node': (string);
  'connected': (boolean);
  'here': (boolean);
  'agentVersion': (string);
  'pods': (number);
  'degraded': (number);
  'problem': (string);
}
