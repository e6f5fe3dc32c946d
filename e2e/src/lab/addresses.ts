/** The lab's address plan. Only documentation and benchmarking ranges; nothing has a route outside. */
export interface AddressPair {
  readonly v4: string;
  readonly v6: string;
}

const pair = (v4: string, v6: string): AddressPair => ({ v4, v6 });

/** What the pods see as their router; every host end of a cable carries it. */
export const GATEWAY = pair('198.18.0.1', '2001:db8:18::1');

/** The cable between the node and the internet. */
export const UPLINK = {
  node: pair('198.18.254.1', '2001:db8:18:fe::1'),
  internet: pair('198.18.254.2', '2001:db8:18:fe::2'),
};

/** Whole ranges that the internet namespace answers for. */
export const INTERNET_RANGES = [
  '203.0.113.0/24',
  '198.51.100.0/24',
  '198.18.128.0/17',
  '198.19.0.0/16',
  '2001:db8:cafe::/48',
];

export const NAME_SERVERS = {
  /** unbound, recursive: what the pods' resolv.conf names. */
  recursive: pair('198.51.100.53', '2001:db8:53::53'),
  /** knot, authoritative, trusted as well. */
  authoritative: pair('198.51.100.54', '2001:db8:53::54'),
  /** Trusted, takes questions and never answers. */
  silent: pair('198.51.100.55', '2001:db8:53::55'),
  /** Answers like `authoritative`, but no configuration trusts it. */
  untrusted: pair('198.51.100.66', '2001:db8:53::66'),
};

const server = (number: number): AddressPair => pair(`203.0.113.${number}`, `2001:db8:cafe::${number}`);

/** What the names of the lab's zones resolve to. */
export const SERVERS = {
  api: server(10),
  wild: server(20),
  edge: server(30),
  added: server(40),
  removed: server(50),
  forbidden: server(66),
  /** One for each service of the mix. */
  web: server(70),
  secure: server(71),
  quic: server(72),
  git: server(73),
  store: server(74),
  mail: server(75),
  socket: server(76),
  /** No name resolves to it. */
  nameless: server(99),
};

/** Addresses of the lab's n-th pod, from 0. */
export const podAddresses = (index: number): AddressPair =>
  pair(`198.18.1.${10 + index}`, `2001:db8:18:1::${10 + index}`);

export const PORTS = {
  ssh: 22,
  smtp: 25,
  web: 80,
  https: 443,
  redis: 6379,
  ledger: 7000,
  sink: 7001,
  socket: 8080,
  quic: 8443,
};
