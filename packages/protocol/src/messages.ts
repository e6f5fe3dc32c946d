/**
 * The messages of proto/namewall/v1, as they are read: every field is there. To write one, name only what
 * differs from its default.
 */
export { ConnectionPhase } from './gen/namewall/v1/ConnectionPhase.ts';
export { EndpointPhase } from './gen/namewall/v1/EndpointPhase.ts';
export { EventKind } from './gen/namewall/v1/EventKind.ts';
export { NodeSwitch } from './gen/namewall/v1/NodeSwitch.ts';
export { ResourceType } from './gen/namewall/v1/ResourceType.ts';
export { UnknownPods } from './gen/namewall/v1/UnknownPods.ts';
export { Verdict } from './gen/namewall/v1/Verdict.ts';

export type { NodeConfig__Output as NodeConfig } from './gen/namewall/v1/NodeConfig.ts';
export type { Ruleset__Output as Ruleset } from './gen/namewall/v1/Ruleset.ts';
export type { Endpoint__Output as Endpoint } from './gen/namewall/v1/Endpoint.ts';
export type {
  EndpointState as EndpointStateInput,
  EndpointState__Output as EndpointState,
} from './gen/namewall/v1/EndpointState.ts';
export type { Hook__Output as Hook } from './gen/namewall/v1/Hook.ts';
export type { PolicyRef__Output as PolicyRef } from './gen/namewall/v1/PolicyRef.ts';

export type { EndpointFilter__Output as EndpointFilter } from './gen/namewall/v1/EndpointFilter.ts';
export type {
  EndpointsRequest as EndpointsRequestInput,
  EndpointsRequest__Output as EndpointsRequest,
} from './gen/namewall/v1/EndpointsRequest.ts';
export type {
  EndpointStatus as EndpointStatusInput,
  EndpointStatus__Output as EndpointStatus,
} from './gen/namewall/v1/EndpointStatus.ts';
export type { Event as EventInput, Event__Output as Event } from './gen/namewall/v1/Event.ts';
export type {
  Explanation as ExplanationInput,
  Explanation__Output as Explanation,
} from './gen/namewall/v1/Explanation.ts';
export type {
  ExplainRequest as ExplainRequestInput,
  ExplainRequest__Output as ExplainRequest,
} from './gen/namewall/v1/ExplainRequest.ts';
export type {
  LearnedName as LearnedNameInput,
  LearnedName__Output as LearnedName,
} from './gen/namewall/v1/LearnedName.ts';
export type {
  NamesRequest as NamesRequestInput,
  NamesRequest__Output as NamesRequest,
} from './gen/namewall/v1/NamesRequest.ts';
export type {
  ObserveRequest as ObserveRequestInput,
  ObserveRequest__Output as ObserveRequest,
} from './gen/namewall/v1/ObserveRequest.ts';
export type {
  StatusResponse as StatusResponseInput,
  StatusResponse__Output as StatusResponse,
} from './gen/namewall/v1/StatusResponse.ts';
