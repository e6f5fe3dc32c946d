// From proto/namewall/v1/observer.proto; written by `make generate`.

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EndpointStatus as _namewall_v1_EndpointStatus, EndpointStatus__Output as _namewall_v1_EndpointStatus__Output } from '../../namewall/v1/EndpointStatus.ts';
import type { EndpointsRequest as _namewall_v1_EndpointsRequest, EndpointsRequest__Output as _namewall_v1_EndpointsRequest__Output } from '../../namewall/v1/EndpointsRequest.ts';
import type { Event as _namewall_v1_Event, Event__Output as _namewall_v1_Event__Output } from '../../namewall/v1/Event.ts';
import type { ExplainRequest as _namewall_v1_ExplainRequest, ExplainRequest__Output as _namewall_v1_ExplainRequest__Output } from '../../namewall/v1/ExplainRequest.ts';
import type { Explanation as _namewall_v1_Explanation, Explanation__Output as _namewall_v1_Explanation__Output } from '../../namewall/v1/Explanation.ts';
import type { LearnedName as _namewall_v1_LearnedName, LearnedName__Output as _namewall_v1_LearnedName__Output } from '../../namewall/v1/LearnedName.ts';
import type { NamesRequest as _namewall_v1_NamesRequest, NamesRequest__Output as _namewall_v1_NamesRequest__Output } from '../../namewall/v1/NamesRequest.ts';
import type { ObserveRequest as _namewall_v1_ObserveRequest, ObserveRequest__Output as _namewall_v1_ObserveRequest__Output } from '../../namewall/v1/ObserveRequest.ts';
import type { StatusRequest as _namewall_v1_StatusRequest, StatusRequest__Output as _namewall_v1_StatusRequest__Output } from '../../namewall/v1/StatusRequest.ts';
import type { StatusResponse as _namewall_v1_StatusResponse, StatusResponse__Output as _namewall_v1_StatusResponse__Output } from '../../namewall/v1/StatusResponse.ts';

export interface ObserverClient extends grpc.Client {
  Endpoints(argument: _namewall_v1_EndpointsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_EndpointStatus__Output>;
  Endpoints(argument: _namewall_v1_EndpointsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_EndpointStatus__Output>;
  endpoints(argument: _namewall_v1_EndpointsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_EndpointStatus__Output>;
  endpoints(argument: _namewall_v1_EndpointsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_EndpointStatus__Output>;

  Explain(argument: _namewall_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _namewall_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _namewall_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  Explain(argument: _namewall_v1_ExplainRequest, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _namewall_v1_ExplainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _namewall_v1_ExplainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _namewall_v1_ExplainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explain(argument: _namewall_v1_ExplainRequest, callback: grpc.requestCallback<_namewall_v1_Explanation__Output>): grpc.ClientUnaryCall;

  Names(argument: _namewall_v1_NamesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_LearnedName__Output>;
  Names(argument: _namewall_v1_NamesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_LearnedName__Output>;
  names(argument: _namewall_v1_NamesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_LearnedName__Output>;
  names(argument: _namewall_v1_NamesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_LearnedName__Output>;

  Observe(argument: _namewall_v1_ObserveRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_Event__Output>;
  Observe(argument: _namewall_v1_ObserveRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_Event__Output>;
  observe(argument: _namewall_v1_ObserveRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_Event__Output>;
  observe(argument: _namewall_v1_ObserveRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_namewall_v1_Event__Output>;

  Status(argument: _namewall_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _namewall_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _namewall_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _namewall_v1_StatusRequest, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _namewall_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _namewall_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _namewall_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _namewall_v1_StatusRequest, callback: grpc.requestCallback<_namewall_v1_StatusResponse__Output>): grpc.ClientUnaryCall;

}

export interface ObserverHandlers extends grpc.UntypedServiceImplementation {
  Endpoints: grpc.handleServerStreamingCall<_namewall_v1_EndpointsRequest__Output, _namewall_v1_EndpointStatus>;

  Explain: grpc.handleUnaryCall<_namewall_v1_ExplainRequest__Output, _namewall_v1_Explanation>;

  Names: grpc.handleServerStreamingCall<_namewall_v1_NamesRequest__Output, _namewall_v1_LearnedName>;

  Observe: grpc.handleServerStreamingCall<_namewall_v1_ObserveRequest__Output, _namewall_v1_Event>;

  Status: grpc.handleUnaryCall<_namewall_v1_StatusRequest__Output, _namewall_v1_StatusResponse>;

}

export interface ObserverDefinition extends grpc.ServiceDefinition {
  Endpoints: MethodDefinition<_namewall_v1_EndpointsRequest, _namewall_v1_EndpointStatus, _namewall_v1_EndpointsRequest__Output, _namewall_v1_EndpointStatus__Output>
  Explain: MethodDefinition<_namewall_v1_ExplainRequest, _namewall_v1_Explanation, _namewall_v1_ExplainRequest__Output, _namewall_v1_Explanation__Output>
  Names: MethodDefinition<_namewall_v1_NamesRequest, _namewall_v1_LearnedName, _namewall_v1_NamesRequest__Output, _namewall_v1_LearnedName__Output>
  Observe: MethodDefinition<_namewall_v1_ObserveRequest, _namewall_v1_Event, _namewall_v1_ObserveRequest__Output, _namewall_v1_Event__Output>
  Status: MethodDefinition<_namewall_v1_StatusRequest, _namewall_v1_StatusResponse, _namewall_v1_StatusRequest__Output, _namewall_v1_StatusResponse__Output>
}
