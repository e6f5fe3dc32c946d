// From proto/namewall/v1/stream.proto; written by `make generate`.

export const ResourceType = {
  RESOURCE_TYPE_UNSPECIFIED: 0,
  RESOURCE_TYPE_NODE_CONFIG: 1,
  RESOURCE_TYPE_RULESET: 2,
  RESOURCE_TYPE_ENDPOINT: 3,
} as const;

export type ResourceType =
  | 0
  | 1
  | 2
  | 3

export type ResourceType__Output = typeof ResourceType[keyof typeof ResourceType]
