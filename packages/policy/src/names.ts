/** What a node needs of policies that are compiled: names, selectors, addresses, the name index; no schema, no YAML. */
export * from './errors.ts';
export * from './name.ts';
export * from './selector.ts';
export * from './match.ts';
export { SelectorSet } from './selector-set.ts';
export { formatAddress, isMapped, parseAddress } from './value/address.ts';
export { type Prefix, formatCidr, maskAddress } from './value/cidr.ts';
export { type IndexInput, buildIndex } from './index/build.ts';
export { IndexError, type IndexErrorCode } from './index/errors.ts';
export { NameHasher, nameHash } from './index/hash.ts';
