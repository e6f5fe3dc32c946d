export { type AgentOptions, runAgent } from './agent.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
