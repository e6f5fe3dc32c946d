// From proto/namewall/v1/stream.proto; written by `make generate`.

export const EndpointPhase = {
  ENDPOINT_PHASE_UNSPECIFIED: 0,
  ENDPOINT_PHASE_WAITING: 1,
  ENDPOINT_PHASE_ATTACHED: 2,
  ENDPOINT_PHASE_DEGRADED: 3,
} as const;

export type EndpointPhase =
  | 0
  | 1
  | 2
  | 3

export type EndpointPhase__Output = typeof EndpointPhase[keyof typeof EndpointPhase]
