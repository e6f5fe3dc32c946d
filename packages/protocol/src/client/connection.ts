import { Client, type ClientDuplexStream, type StatusObject, credentials, status } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';
import type { AgentMessage } from '../gen/namewall/v1/AgentMessage.ts';
import type { OperatorMessage__Output } from '../gen/namewall/v1/OperatorMessage.ts';
import { drained } from '../grpc/drained.ts';
import { CLIENT_OPTIONS } from '../grpc/options.ts';
import { policyStream } from '../grpc/services.ts';
import { socketPath } from '../grpc/unix-socket.ts';

/** One stream to the operator, on a connection of its own. */
export interface Connection {
  /** Resolves when there is room for more; what is written to a broken connection is lost. */
  send(message: AgentMessage): Promise<void>;
  /** Messages in order, read only as fast as they are taken. Throws ProtocolError UNAVAILABLE when it breaks. */
  readonly messages: AsyncIterable<OperatorMessage__Output>;
  close(): void;
}

type Call = ClientDuplexStream<AgentMessage, OperatorMessage__Output>;

/** @throws ProtocolError BAD_ADDRESS */
export function connect(address: string): Connection {
  socketPath(address);
  const client = new Client(address, credentials.createInsecure(), CLIENT_OPTIONS);
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
    throw new ProtocolError('UNAVAILABLE', explain(error), { cause: error });
  }
}

/** What the operator said when it ended the stream, or why there is none. */
function explain(error: unknown): string {
  const { code, details } = error as Partial<StatusObject>;
  return code === undefined ? String(error) : `${status[code]}: ${details ?? ''}`;
}
