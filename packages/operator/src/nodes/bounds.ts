import type { EndpointState, Hook, ResourceProblem } from '@namewall/protocol';

/**
 * What is kept of what an agent says: a node may be hostile, and its report must still fit into one message to the
 * leader.
 */
export const ENDPOINTS_MAX = 1024;
const PROBLEMS_MAX = 64;
const HOOKS_MAX = 8;
/** Characters. A UID has 36. */
const WORD_MAX = 64;
const TEXT_MAX = 256;

export function boundedState({ uid, reason, message, hooks, ...numbers }: EndpointState): EndpointState | undefined {
  if (uid.length > WORD_MAX) return undefined;
  const kept = hooks.slice(0, HOOKS_MAX).map(boundedHook);
  return { ...numbers, uid, reason: word(reason), message: text(message), hooks: kept };
}

export function boundedProblems(problems: readonly ResourceProblem[]): ResourceProblem[] {
  return problems.slice(0, PROBLEMS_MAX).map(({ type, name, reason, message }) => {
    return { type, name: text(name), reason: word(reason), message: text(message) };
  });
}

function boundedHook(hook: Hook): Hook {
  return { interface: word(hook.interface), direction: word(hook.direction), attachment: word(hook.attachment) };
}

function word(value: string): string {
  return value.slice(0, WORD_MAX);
}

function text(value: string): string {
  return value.slice(0, TEXT_MAX);
}
