import {
  Client,
  type ClientDuplexStream,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  credentials,
} from '@grpc/grpc-js';
import type { TestContext } from 'node:test';
import { policyStream } from '../../src/grpc/services.ts';
import type { AgentMessage, AgentMessage__Output } from '../../src/gen/namewall/v1/AgentMessage.ts';
import type { OperatorMessage__Output } from '../../src/gen/namewall/v1/OperatorMessage.ts';
import type { OperatorOctets } from '../../src/grpc/services.ts';
import { Condition } from './world.ts';

export interface RawAgent {
  readonly call: ClientDuplexStream<AgentMessage, OperatorMessage__Output>;
  readonly received: OperatorMessage__Output[];
  /** Settled with the status that the stream ended with. */
  readonly ended: Promise<{ code: number; details: string }>;
  readonly changed: Condition;
}

/** An agent that says what the test says, and acknowledges nothing by itself. */
export function rawAgent(t: TestContext, address: string): RawAgent {
  return rawAgentOn(t, new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }));
}

export function rawAgentOn(t: TestContext, client: Client): RawAgent {
  const { path, requestSerialize, responseDeserialize } = policyStream.Stream;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const received: OperatorMessage__Output[] = [];
  const changed = new Condition();
  const ended = Promise.withResolvers<{ code: number; details: string }>();
  call.on('data', (message: OperatorMessage__Output) => {
    received.push(message);
    changed.notify();
  });
  call.on('error', () => changed.notify());
  call.on('status', ended.resolve);
  t.after(() => {
    call.cancel();
    client.close();
  });
  return { call, received, ended: ended.promise, changed };
}

export type OperatorCall = ServerDuplexStream<AgentMessage__Output, OperatorOctets>;

/** An operator that does what the test does. */
export async function rawOperator(t: TestContext, address: string, serve: (call: OperatorCall) => void): Promise<void> {
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  server.addService(policyStream, { Stream: serve });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.bindAsync(address, ServerCredentials.createInsecure(), () => resolve());
  await promise;
  t.after(() => server.forceShutdown());
}
