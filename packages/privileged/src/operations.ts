/** What can be asked, as packages/privileged/src/protocol.h has it. */
export const Operation = {
  HELD: 1,
  COOKIE: 2,
  LINKS: 3,
  ADDRESSES: 4,
  TCX_QUERY: 5,
  TCX_ATTACH: 6,
  FILTER_QUERY: 7,
  FILTER_SET: 8,
  FILTER_DELETE: 9,
  FILTERS: 10,
  FILTER_COUNT: 11,
  QDISC_QUERY: 12,
  QDISC_DELETE: 13,
  PROGRAM_NAME: 14,
  INNER_MAP: 15,
  MOUNT_BPFFS: 16,
  FAR_END: 17,
  CABLE_COUNTS: 18,
} as const;

export type OperationName = keyof typeof Operation;

export const ADDRESSES_MAX = 4;
/** Octets, with the zero at its end. */
export const NETNS_MAX = 160;

/** Octets of the structs, and where their fields begin. */
export const REQUEST = {
  size: 256,
  number: 0,
  operation: 4,
  ifindex: 8,
  egress: 12,
  handle: 16,
  id: 20,
  addressesCount: 24,
  addresses: 32,
  netns: 96,
} as const;
export const REPLY = { head: 8, number: 0, result: 4, most: 8 + 1024 * 64 } as const;
export const LINK = { size: 64, index: 16, peer: 20, elsewhere: 24, kind: 28, name: 44 } as const;
export const CABLE_COUNTS = { received: 0, sent: 8, receivedAfter: 16 } as const;
export const ENTRY = { size: 8, programId: 0, id: 4 } as const;
