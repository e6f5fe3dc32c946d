import { NwResolver, type ResolverKey } from '@namewall/datapath';
import type { NodeConfig } from '@namewall/protocol';

/** DNS over TLS (RFC 7858) and over QUIC (RFC 9250). */
const ENCRYPTED_PORT = 853;
const TCP = 6;
const UDP = 17;

/**
 * The trusted resolvers as the programs know them, and the encrypted service each may offer beside: where
 * names are filtered nothing may pass there. A resolver that is configured on port 853 itself stays plain.
 */
export function planResolvers(resolvers: NodeConfig['resolvers']): (readonly [ResolverKey, number])[] {
  const encrypted = resolvers.flatMap(({ address }) =>
    [TCP, UDP].map((protocol) => [{ address, port: ENCRYPTED_PORT, protocol }, NwResolver.ENCRYPTED] as const),
  );
  const plain = resolvers.map(
    ({ address, port, protocol }) => [{ address, port, protocol }, NwResolver.PLAIN] as const,
  );
  return [...encrypted, ...plain];
}
