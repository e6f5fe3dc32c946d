/*
 * What validate() accepts and refuses, as tables: its own tests read them, and those that hold the API server to the
 * same answers.
 */
export { ACCEPTED } from './tables/accepted.ts';
export { REFUSED } from './tables/refused.ts';
export { REFUSED_SELECTORS } from './tables/selectors.ts';
export { isSharedSuffix } from './shared-suffixes.ts';
