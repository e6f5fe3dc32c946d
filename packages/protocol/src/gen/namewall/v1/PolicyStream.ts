// From proto/namewall/v1/stream.proto; written by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentMessage as _namewall_v1_AgentMessage, AgentMessage__Output as _namewall_v1_AgentMessage__Output } from '../../namewall/v1/AgentMessage.ts';
import type { OperatorMessage as _namewall_v1_OperatorMessage, OperatorMessage__Output as _namewall_v1_OperatorMessage__Output } from '../../namewall/v1/OperatorMessage.ts';

export interface PolicyStreamClient extends grpc.Client {
  Stream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_namewall_v1_AgentMessage, _namewall_v1_OperatorMessage__Output>;
  Stream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_namewall_v1_AgentMessage, _namewall_v1_OperatorMessage__Output>;
  stream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_namewall_v1_AgentMessage, _namewall_v1_OperatorMessage__Output>;
  stream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_namewall_v1_AgentMessage, _namewall_v1_OperatorMessage__Output>;

}

export interface PolicyStreamHandlers extends grpc.UntypedServiceImplementation {
  Stream: grpc.handleBidiStreamingCall<_namewall_v1_AgentMessage__Output, _namewall_v1_OperatorMessage>;

}

export interface PolicyStreamDefinition extends grpc.ServiceDefinition {
  Stream: MethodDefinition<_namewall_v1_AgentMessage, _namewall_v1_OperatorMessage, _namewall_v1_AgentMessage__Output, _namewall_v1_OperatorMessage__Output>
}
