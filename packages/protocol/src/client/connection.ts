import { type ClientDuplexStream, type StatusObject, status } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';
import type { AgentMessage } from '../gen/namewall/v1/AgentMessage.ts';
import type { OperatorMessage__Output } from '../gen/namewall/v1/OperatorMessage.ts';
import { drained } from '../grpc/drained.ts';
import { policyStream } from '../grpc/services.ts';
import { type ClientTls, makeClient } from '../tls/client.ts';

/** One stream to the operator, on a connection of its own. */
export interface Connection {
  /** Resolves when there is room for more; what is written to a broken connection is lost. */
  send(message: AgentMessage): Promise<void>;
  /** Messages in order, read only as fast as they are taken. Throws ProtocolError when it breaks. */
  readonly messages: AsyncIterable<OperatorMessage__Output>;
  close(): void;
}

type Call = ClientDuplexStream<AgentMessage, OperatorMessage__Output>;

/** @throws ProtocolError BAD_ADDRESS */
export function connect(address: string, tls?: ClientTls): Connection {
  const client = makeClient(address, tls);
  const { path, requestSerialize, responseDeserialize } = policyStream.Stream;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const ended = new AbortController();
  call.once('status', () => ended.abort());
  call.once('close', () => ended.abort());
  return {
    async send(message) {
      if (!ended.signal.aborted && !call.write(message)) await drained(call, ended.signal);
    },
    messages: read(call),
    close() {
      call.cancel();
      client.close();
    },
  };
}

async function* read(call: Call): AsyncGenerator<OperatorMessage__Output> {
  try {
    yield* call as AsyncIterable<OperatorMessage__Output>;
  } catch (error) {
    const refused = (error as Partial<StatusObject>).code === status.UNAUTHENTICATED;
    throw new ProtocolError(refused ? 'UNAUTHENTICATED' : 'UNAVAILABLE', explain(error), { cause: error });
  }
}

/** What the operator said when it ended the stream, or why there is none. */
export function explain(error: unknown): string {
  const { code, details } = error as Partial<StatusObject>;
  return code === undefined ? String(error) : `${status[code]}: ${details ?? ''}`;
}
