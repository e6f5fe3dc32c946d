// From proto/namewall/v1/stream.proto; written by `make generate`.

import type { Hello as _namewall_v1_Hello, Hello__Output as _namewall_v1_Hello__Output } from '../../namewall/v1/Hello.ts';
import type { Subscribe as _namewall_v1_Subscribe, Subscribe__Output as _namewall_v1_Subscribe__Output } from '../../namewall/v1/Subscribe.ts';
import type { Ack as _namewall_v1_Ack, Ack__Output as _namewall_v1_Ack__Output } from '../../namewall/v1/Ack.ts';
import type { Nack as _namewall_v1_Nack, Nack__Output as _namewall_v1_Nack__Output } from '../../namewall/v1/Nack.ts';
import type { EndpointStates as _namewall_v1_EndpointStates, EndpointStates__Output as _namewall_v1_EndpointStates__Output } from '../../namewall/v1/EndpointStates.ts';
import type { EnrolRequest as _namewall_v1_EnrolRequest, EnrolRequest__Output as _namewall_v1_EnrolRequest__Output } from '../../namewall/v1/EnrolRequest.ts';

export interface AgentMessage {
  'hello'?: (_namewall_v1_Hello | null);
  'subscribe'?: (_namewall_v1_Subscribe | null);
  'ack'?: (_namewall_v1_Ack | null);
  'nack'?: (_namewall_v1_Nack | null);
  'endpointStates'?: (_namewall_v1_EndpointStates | null);
  'renew'?: (_namewall_v1_EnrolRequest | null);
  'message'?: "hello"|"subscribe"|"ack"|"nack"|"endpointStates"|"renew";
}

export interface AgentMessage__Output {
  'hello'?: (_namewall_v1_Hello__Output | null);
  'subscribe'?: (_namewall_v1_Subscribe__Output | null);
  'ack'?: (_namewall_v1_Ack__Output | null);
  'nack'?: (_namewall_v1_Nack__Output | null);
  'endpointStates'?: (_namewall_v1_EndpointStates__Output | null);
  'renew'?: (_namewall_v1_EnrolRequest__Output | null);
  'message'?: "hello"|"subscribe"|"ack"|"nack"|"endpointStates"|"renew";
}
