export { reasonMeaning } from './words/general.ts';
export { explainEvent } from './event.ts';
export { explain } from './command/explain.ts';
export type { Rules } from './facts.ts';
export { type Sources, nameOf } from './read/facts.ts';
export { pinnedRules } from './read/rules.ts';
export { formatSpan, policyText, protocolName, selectorText } from './words/text.ts';
