// From proto/namewall/v1/observer.proto; written by `make generate`.

export const ConnectionPhase = {
  CONNECTION_PHASE_UNSPECIFIED: 0,
  CONNECTION_PHASE_CONNECTING: 1,
  CONNECTION_PHASE_SYNCING: 2,
  CONNECTION_PHASE_SYNCED: 3,
  CONNECTION_PHASE_WAITING: 4,
  CONNECTION_PHASE_STOPPED: 5,
} as const;

export type ConnectionPhase =
  | 0
  | 1
  | 2
  | 3
  | 4
  | 5

export type ConnectionPhase__Output = typeof ConnectionPhase[keyof typeof ConnectionPhase]
