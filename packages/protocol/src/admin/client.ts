import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { explain } from '../client/connection.ts';
import { ProtocolError } from '../errors.ts';
import type { NodesResponse__Output } from '../gen/namewall/v1/NodesResponse.ts';
import { admin } from '../grpc/services.ts';
import { type ClientTls, makeClient } from '../tls/client.ts';

export type NodesResponse = NodesResponse__Output;

/** Milliseconds. */
const DEADLINE = 10_000;

/**
 * Asks an operator what it knows of its nodes.
 * @throws ProtocolError UNAUTHENTICATED: the token does not do; UNAVAILABLE: no answer
 */
export async function askNodes(address: string, tls: ClientTls, token: string): Promise<NodesResponse> {
  const client = makeClient(address, tls);
  const { promise, resolve, reject } = Promise.withResolvers<NodesResponse>();
  const { path, requestSerialize, responseDeserialize } = admin.Nodes;
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const done = (error: ServiceError | null, response?: NodesResponse): void => {
    if (response === undefined) reject(failed(error));
    else resolve(response);
  };
  const options = { deadline: Date.now() + DEADLINE };
  client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, metadata, options, done);
  try {
    return await promise;
  } finally {
    client.close();
  }
}

function failed(error: ServiceError | null): ProtocolError {
  const refused = error?.code === status.UNAUTHENTICATED || error?.code === status.PERMISSION_DENIED;
  return new ProtocolError(refused ? 'UNAUTHENTICATED' : 'UNAVAILABLE', explain(error), { cause: error });
}
