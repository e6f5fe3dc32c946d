export { type DirectorySourceOptions, DirectorySource } from './directory/directory-source.ts';
export { type LastGood, lastGoodIn } from './directory/last-good.ts';
export { type OperatorErrorCode, OperatorError } from './errors.ts';
export type { NodeView, NodeViews } from './nodes/node-views.ts';
export { type OperatorOptions, type RunningOperator, startOperator } from './operator.ts';
export type { Source, SourceProblem, SourceState } from './source/source.ts';
export type { OperatorStatus } from './status.ts';
