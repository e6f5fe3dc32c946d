// From proto/namewall/v1/stream.proto; written by `make generate`.

export const NodeSwitch = {
  NODE_SWITCH_ON: 0,
  NODE_SWITCH_AUDIT: 1,
  NODE_SWITCH_OFF: 2,
} as const;

export type NodeSwitch =
  | 0
  | 1
  | 2

export type NodeSwitch__Output = typeof NodeSwitch[keyof typeof NodeSwitch]
