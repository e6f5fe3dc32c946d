export * from './codec.ts';
export { defaultConfig } from './config.ts';
export { readCounters, readEndpointCounts, reasonName } from './counters.ts';
export type { ReasonName } from './counters.ts';
export { Datapath } from './datapath.ts';
export type { Detached, OpenOptions } from './datapath.ts';
export { DatapathError } from './errors.ts';
export type { DatapathErrorCode } from './errors.ts';
export { decodeEvent, watchEvents } from './events.ts';
export * from './gen/enums.gen.ts';
export { mapDefs } from './gen/maps.gen.ts';
export * from './gen/structs.gen.ts';
export type { Ahead } from './hooks/ahead.ts';
export type { CableEnds, HookMethod, InboundPlace, SetHook } from './hooks/attach.ts';
export { findCable } from './hooks/cable.ts';
export type { Cable } from './hooks/cable.ts';
export { standBothWays } from './hooks/list.ts';
export type { Hook, HookKind } from './hooks/list.ts';
export type { Place } from './hooks/place.ts';
export { trampoline } from './hooks/trampoline.ts';
export type { Direction } from './hooks/trampoline.ts';
export type { PinnedMaps } from './maps/open.ts';
export {
  type LearnedFact,
  type RecentFact,
  learnedFacts,
  recentFacts,
  recentName,
  recentRecords,
} from './learned-names.ts';
export { type MapFill, mapFill, outlivingFlows } from './map-fill.ts';
export { PerCpuMap, TypedMap } from './maps/typed.ts';
export {
  type SwitchOverride,
  readSwitchOverride,
  setPinnedSwitch,
  switchFile,
  switchPosition,
  writeSwitchOverride,
} from './node-switch.ts';
export { DEFAULT_ROOT } from './pins/paths.ts';
export { PinnedDatapath } from './pinned.ts';
export { DEFAULT_SIZES, sizeConflicts, streamQuota } from './sizes.ts';
export type { Sizes } from './sizes.ts';
export { unreservedOctets } from './unreserved.ts';
