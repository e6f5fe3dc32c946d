export * from './errors.ts';
export * from './name.ts';
export * from './selector.ts';
export { SELECTOR_TEXT_MAX } from './selector-check.ts';
export * from './match.ts';
export type * from './compile/types.ts';
