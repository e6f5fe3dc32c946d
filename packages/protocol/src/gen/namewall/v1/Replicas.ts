// From proto/namewall/v1/replicas.proto; written by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { NodeReports as _namewall_v1_NodeReports, NodeReports__Output as _namewall_v1_NodeReports__Output } from '../../namewall/v1/NodeReports.ts';
import type { ReportsEnded as _namewall_v1_ReportsEnded, ReportsEnded__Output as _namewall_v1_ReportsEnded__Output } from '../../namewall/v1/ReportsEnded.ts';

export interface ReplicasClient extends grpc.Client {
  Report(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  Report(metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  Report(options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  Report(callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  report(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  report(metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  report(options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;
  report(callback: grpc.requestCallback<_namewall_v1_ReportsEnded__Output>): grpc.ClientWritableStream<_namewall_v1_NodeReports>;

}

export interface ReplicasHandlers extends grpc.UntypedServiceImplementation {
  Report: grpc.handleClientStreamingCall<_namewall_v1_NodeReports__Output, _namewall_v1_ReportsEnded>;

}

export interface ReplicasDefinition extends grpc.ServiceDefinition {
  Report: MethodDefinition<_namewall_v1_NodeReports, _namewall_v1_ReportsEnded, _namewall_v1_NodeReports__Output, _namewall_v1_ReportsEnded__Output>
}
