import type { MethodDefinition } from '@grpc/grpc-js';
import { codec } from '../codec.ts';
import type { AgentMessage, AgentMessage__Output } from '../gen/namewall/v1/AgentMessage.ts';
import type { EndpointsRequest, EndpointsRequest__Output } from '../gen/namewall/v1/EndpointsRequest.ts';
import type { EndpointStatus, EndpointStatus__Output } from '../gen/namewall/v1/EndpointStatus.ts';
import type { EnrolRequest, EnrolRequest__Output } from '../gen/namewall/v1/EnrolRequest.ts';
import type { EnrolResponse, EnrolResponse__Output } from '../gen/namewall/v1/EnrolResponse.ts';
import type { Event, Event__Output } from '../gen/namewall/v1/Event.ts';
import type { Explanation, Explanation__Output } from '../gen/namewall/v1/Explanation.ts';
import type { ExplainRequest, ExplainRequest__Output } from '../gen/namewall/v1/ExplainRequest.ts';
import type { LearnedName, LearnedName__Output } from '../gen/namewall/v1/LearnedName.ts';
import type { NamesRequest, NamesRequest__Output } from '../gen/namewall/v1/NamesRequest.ts';
import type { ObserveRequest, ObserveRequest__Output } from '../gen/namewall/v1/ObserveRequest.ts';
import type { NodesRequest, NodesRequest__Output } from '../gen/namewall/v1/NodesRequest.ts';
import type { NodesResponse, NodesResponse__Output } from '../gen/namewall/v1/NodesResponse.ts';
import type { NodeReports, NodeReports__Output } from '../gen/namewall/v1/NodeReports.ts';
import type { OperatorMessage, OperatorMessage__Output } from '../gen/namewall/v1/OperatorMessage.ts';
import type { ReportsEnded, ReportsEnded__Output } from '../gen/namewall/v1/ReportsEnded.ts';
import type { StatusRequest, StatusRequest__Output } from '../gen/namewall/v1/StatusRequest.ts';
import type { StatusResponse, StatusResponse__Output } from '../gen/namewall/v1/StatusResponse.ts';
import { service } from '../schema.ts';

/** What an OperatorMessage is written from: the message, or its octets, which go out as they are. */
export type OperatorOctets = OperatorMessage | Buffer;

/** A method as proto/ declares it, read and written by our codecs. */
interface Method<Request, RequestOut, Response, ResponseOut> extends Pick<
  MethodDefinition<Request, Response>,
  'path' | 'requestStream' | 'responseStream' | 'requestSerialize' | 'responseSerialize'
> {
  requestDeserialize: (bytes: Buffer) => RequestOut;
  responseDeserialize: (bytes: Buffer) => ResponseOut;
}

function method<Request extends object, RequestOut extends object, Response extends object, ResponseOut extends object>(
  [serviceName, name]: readonly [service: string, name: string],
  request: string,
  response: string,
): Method<Request, RequestOut, Response, ResponseOut> {
  const declared = service(serviceName).methods[name];
  if (declared === undefined) throw new Error(`proto/ declares no ${serviceName}/${name}`);
  const requests = codec<Request, RequestOut>(request);
  const responses = codec<Response, ResponseOut>(response);
  return {
    path: `/namewall.v1.${serviceName}/${name}`,
    requestStream: declared.requestStream === true,
    responseStream: declared.responseStream === true,
    requestSerialize: requests.encode,
    requestDeserialize: requests.decode,
    responseSerialize: responses.encode,
    responseDeserialize: responses.decode,
  };
}

const stream = method<AgentMessage, AgentMessage__Output, OperatorMessage, OperatorMessage__Output>(
  ['PolicyStream', 'Stream'],
  'AgentMessage',
  'OperatorMessage',
);

export const policyStream = {
  Stream: {
    ...stream,
    responseSerialize: (message: OperatorOctets): Buffer =>
      Buffer.isBuffer(message) ? message : stream.responseSerialize(message),
  },
};

export const enrolment = {
  Enrol: method<EnrolRequest, EnrolRequest__Output, EnrolResponse, EnrolResponse__Output>(
    ['Enrolment', 'Enrol'],
    'EnrolRequest',
    'EnrolResponse',
  ),
};

export const replicas = {
  Report: method<NodeReports, NodeReports__Output, ReportsEnded, ReportsEnded__Output>(
    ['Replicas', 'Report'],
    'NodeReports',
    'ReportsEnded',
  ),
};

export const admin = {
  Nodes: method<NodesRequest, NodesRequest__Output, NodesResponse, NodesResponse__Output>(
    ['Admin', 'Nodes'],
    'NodesRequest',
    'NodesResponse',
  ),
};

export const observer = {
  Status: method<StatusRequest, StatusRequest__Output, StatusResponse, StatusResponse__Output>(
    ['Observer', 'Status'],
    'StatusRequest',
    'StatusResponse',
  ),
  Endpoints: method<EndpointsRequest, EndpointsRequest__Output, EndpointStatus, EndpointStatus__Output>(
    ['Observer', 'Endpoints'],
    'EndpointsRequest',
    'EndpointStatus',
  ),
  Names: method<NamesRequest, NamesRequest__Output, LearnedName, LearnedName__Output>(
    ['Observer', 'Names'],
    'NamesRequest',
    'LearnedName',
  ),
  Observe: method<ObserveRequest, ObserveRequest__Output, Event, Event__Output>(
    ['Observer', 'Observe'],
    'ObserveRequest',
    'Event',
  ),
  Explain: method<ExplainRequest, ExplainRequest__Output, Explanation, Explanation__Output>(
    ['Observer', 'Explain'],
    'ExplainRequest',
    'Explanation',
  ),
};
