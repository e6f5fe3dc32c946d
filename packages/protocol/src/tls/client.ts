import { createSecureContext } from 'node:tls';
import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { ProtocolError } from '../errors.ts';
import { CLIENT_OPTIONS } from '../grpc/options.ts';
import { socketPath } from '../grpc/unix-socket.ts';
import { dnsTarget, hostPort, isTls } from './address.ts';
import { OPERATOR_NAME } from './peer.ts';

/** What a TLS connection to an operator is made with. PEM. */
export interface ClientTls {
  readonly ca: string;
  /** None to enrol and for admin calls. */
  readonly identity?: { readonly key: string; readonly certificate: string } | undefined;
  /** Default {@link OPERATOR_NAME}. */
  readonly serverName?: string | undefined;
}

/** Of several addresses another one each time: the next replica, when one is gone. */
const SHUFFLED: ChannelOptions = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ pick_first: { shuffleAddressList: true } }] }),
};

/**
 * A client on a connection of its own.
 * @param address `unix:/path` or `tls:HOST:PORT`
 * @throws ProtocolError BAD_ADDRESS
 */
export function makeClient(address: string, tls?: ClientTls): Client {
  if (!isTls(address)) {
    socketPath(address);
    return new Client(address, credentials.createInsecure(), CLIENT_OPTIONS);
  }
  if (tls === undefined) {
    throw new ProtocolError('BAD_ADDRESS', `address ${address}: needs the authority of the operator's certificate`);
  }
  const { ca, identity, serverName = OPERATOR_NAME } = tls;
  const context = createSecureContext({
    ca,
    minVersion: 'TLSv1.3',
    ...(identity && { key: identity.key, cert: identity.certificate }),
  });
  return new Client(dnsTarget(hostPort(address)), credentials.createFromSecureContext(context), {
    ...CLIENT_OPTIONS,
    ...SHUFFLED,
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
  });
}
