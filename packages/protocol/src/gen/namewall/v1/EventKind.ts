// From proto/namewall/v1/observer.proto; written by `make generate`.

export const EventKind = {
  EVENT_KIND_UNSPECIFIED: 0,
  EVENT_KIND_QUERY: 1,
  EVENT_KIND_ANSWER: 2,
  EVENT_KIND_CONNECTION: 3,
  EVENT_KIND_INBOUND: 4,
} as const;

export type EventKind =
  | 0
  | 1
  | 2
  | 3
  | 4

export type EventKind__Output = typeof EventKind[keyof typeof EventKind]
