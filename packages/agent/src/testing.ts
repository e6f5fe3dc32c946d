/** What enforces, for tests that stand where the stream and the cables are. */
export type { Kernel } from './apply/context.ts';
export { slotIn } from './apply/context.ts';
export { Enforcer } from './apply/enforcer.ts';
export { Handles } from './apply/handles.ts';
export { NameIndex } from './apply/index.ts';
export { Rulesets } from './apply/rulesets.ts';
export { Endpoints } from './endpoints/manager.ts';
export { kernelOf } from './node/kernel.ts';
