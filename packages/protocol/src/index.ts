export * from './messages.ts';
export { type ProtocolErrorCode, ProtocolError } from './errors.ts';
export { type ProtocolVersion, PROTOCOL, versionMismatch } from './version.ts';
export {
  type EncodedResource,
  type HeldVersion,
  type Resource,
  type ResourceId,
  NODE_CONFIG_NAME,
  encodeEndpoint,
  encodeNodeConfig,
  encodeResource,
  encodeRuleset,
  endpointCodec,
  nodeConfigCodec,
  resourceKey,
  rulesetCodec,
  versionOf,
} from './resource.ts';
export type { Apply, ApplyResult, Change, ResourceProblem } from './change.ts';
export { type Timers, realTimers } from './timers.ts';
export type { PolicyClientOptions, PolicyClientState, PolicyClient } from './client/client.ts';
export type { PolicyServerOptions, StreamStatus, PolicyServer } from './server/server.ts';
export type { ObserverHandlers } from './observer/serve.ts';
export type { ObserverClient } from './observer/client.ts';
