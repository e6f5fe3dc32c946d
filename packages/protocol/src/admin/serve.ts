import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { NodesRequest__Output } from '../gen/namewall/v1/NodesRequest.ts';
import type { NodesResponse } from '../gen/namewall/v1/NodesResponse.ts';
import { admin } from '../grpc/services.ts';
import { type Timers, realTimers } from '../timers.ts';
import type { PeerOf } from '../tls/peer.ts';
import { TokenBuckets } from '../tls/token-bucket.ts';

export type { NodesResponse as NodesResponseInput } from '../gen/namewall/v1/NodesResponse.ts';

/** May the owner of this token ask? Throws when that cannot be told now. */
export type Authorize = (token: string, address: string) => Promise<boolean>;

export interface AdminHandlers {
  readonly authorize: Authorize;
  readonly nodes: () => NodesResponse;
}

/** Questions of one address; each is two calls to the API server. */
const RATE = { burst: 10, perSecond: 1 };

/** Answers people who have a token that the API server knows and lets ask. */
export function serveAdmin(server: Server, peerOf: PeerOf, handlers: AdminHandlers, timers: Timers = realTimers): void {
  const rate = new TokenBuckets(RATE);
  server.addService(admin, {
    Nodes(call: ServerUnaryCall<NodesRequest__Output, NodesResponse>, reply: sendUnaryData<NodesResponse>) {
      const { address } = peerOf(call);
      const [header = ''] = call.metadata.get('authorization');
      const token = /^Bearer (\S+)$/u.exec(String(header))?.[1];
      if (token === undefined) return reply({ code: status.UNAUTHENTICATED, details: 'no bearer token was given' });
      if (!rate.take(address, timers.now())) {
        return reply({ code: status.RESOURCE_EXHAUSTED, details: 'too many questions; try again later' });
      }
      return void answer(token, address, handlers, reply);
    },
  });
}

async function answer(
  token: string,
  address: string,
  { authorize, nodes }: AdminHandlers,
  reply: sendUnaryData<NodesResponse>,
): Promise<void> {
  try {
    if (await authorize(token, address)) return reply(null, nodes());
    const details = 'the token’s owner may not get nodes.namewall.dev, or the token is not good';
    return reply({ code: status.PERMISSION_DENIED, details });
  } catch {
    return reply({ code: status.UNAVAILABLE, details: 'whether this is allowed cannot be told now; try again later' });
  }
}
