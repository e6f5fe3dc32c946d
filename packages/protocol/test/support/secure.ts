import type { TestContext } from 'node:test';
import type { AgentCredentials, PolicyServerOptions, TlsServerOptions } from '@namewall/protocol';
import type { Enrol } from '@namewall/protocol';
import { type ClientTls, makeClient } from '../../src/tls/client.ts';
import { type RawAgent, rawAgentOn } from './raw.ts';
import { TestAuthority } from './authority.ts';
import { type Operator, operator } from './world.ts';

export interface SecureWorld extends Operator {
  readonly authority: TestAuthority;
  readonly address: string;
  /** What an agent of that node enrols with. */
  readonly credentials: (token: string) => AgentCredentials;
  /** A stream with that certificate, or none. */
  readonly raw: (identity?: ClientTls['identity']) => RawAgent;
}

/** An operator on TLS, with an authority of its own. */
export async function secureOperator(
  t: TestContext,
  options: Partial<PolicyServerOptions> & {
    enrol?: Enrol;
    limits?: TlsServerOptions['limits'];
    onTurned?: TlsServerOptions['onTurned'];
  } = {},
): Promise<SecureWorld> {
  const authority = await TestAuthority.make();
  const { enrol = authority.enrol(), limits = {}, onTurned = () => undefined, ...rest } = options;
  const tls = { identity: await authority.operator(), limits, enrol, onTurned };
  let port = 0;
  const world = await operator(t, 'tls:127.0.0.1:0', { tls, ...rest }, (bound) => (port = bound));
  const address = `tls:127.0.0.1:${port}`;
  return {
    ...world,
    authority,
    address,
    credentials: (token) => ({
      ca: () => Promise.resolve(authority.certificate),
      token: () => Promise.resolve(token),
    }),
    raw: (identity) => rawAgentOn(t, makeClient(address, { ca: authority.certificate, identity })),
  };
}
