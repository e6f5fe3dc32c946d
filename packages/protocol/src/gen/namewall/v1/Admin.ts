// From proto/namewall/v1/admin.proto; written by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { NodesRequest as _namewall_v1_NodesRequest, NodesRequest__Output as _namewall_v1_NodesRequest__Output } from '../../namewall/v1/NodesRequest.ts';
import type { NodesResponse as _namewall_v1_NodesResponse, NodesResponse__Output as _namewall_v1_NodesResponse__Output } from '../../namewall/v1/NodesResponse.ts';

export interface AdminClient extends grpc.Client {
  Nodes(argument: _namewall_v1_NodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  Nodes(argument: _namewall_v1_NodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  Nodes(argument: _namewall_v1_NodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  Nodes(argument: _namewall_v1_NodesRequest, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  nodes(argument: _namewall_v1_NodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  nodes(argument: _namewall_v1_NodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  nodes(argument: _namewall_v1_NodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;
  nodes(argument: _namewall_v1_NodesRequest, callback: grpc.requestCallback<_namewall_v1_NodesResponse__Output>): grpc.ClientUnaryCall;

}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  Nodes: grpc.handleUnaryCall<_namewall_v1_NodesRequest__Output, _namewall_v1_NodesResponse>;

}

export interface AdminDefinition extends grpc.ServiceDefinition {
  Nodes: MethodDefinition<_namewall_v1_NodesRequest, _namewall_v1_NodesResponse, _namewall_v1_NodesRequest__Output, _namewall_v1_NodesResponse__Output>
}
