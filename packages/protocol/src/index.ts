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
  encodeEndpointOf,
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
export { type Timers, pause, realTimers } from './timers.ts';
export type { AgentCredentials } from './client/identity.ts';
export { type PolicyClientOptions, type PolicyClientState, PolicyClient } from './client/client.ts';
export { type EndpointReport } from './client/endpoint-reports.ts';
export type { AppliedEndpoints } from './server/applied.ts';
export { type PolicyServerOptions, PolicyServer } from './server/server.ts';
export type { NodeChange } from './server/wanted.ts';
export { type StreamEvent, type StreamStatus } from './server/stream-status.ts';
export { type ObserverHandlers, serveObserver } from './observer/serve.ts';
export { ObserverClient } from './observer/client.ts';
export type { Enrol, Enrolled, EnrolmentAttempt } from './tls/enrol.ts';
export type { TlsServerOptions } from './tls/front-door.ts';
export type { ConnectionLimits } from './tls/limits.ts';
export type { TlsIdentity, Turned } from './tls/listener.ts';
export { type NodeReport, type NodeReportInput, type Reporting, serveReplicas } from './replicas/serve.ts';
export { type AdminHandlers, type Authorize, type NodesResponseInput, serveAdmin } from './admin/serve.ts';
export { type NodesResponse, askNodes } from './admin/client.ts';
export { sendReports } from './replicas/send.ts';
export type { ClientTls } from './tls/client.ts';
export { type Certified, type Peer, type PeerOf, AGENTS, OPERATORS, OPERATOR_NAME } from './tls/peer.ts';
