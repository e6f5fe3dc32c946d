// From proto/namewall/v1/stream.proto; written by `make generate`.

export const UnknownPods = {
  UNKNOWN_PODS_OPEN: 0,
  UNKNOWN_PODS_QUARANTINE: 1,
} as const;

export type UnknownPods =
  | 0
  | 1

export type UnknownPods__Output = typeof UnknownPods[keyof typeof UnknownPods]
