import { type CompileInput, Compiler } from './compiler.ts';
import type { CompileResult } from './types.ts';

/**
 * What every node must know for its pods. Pure, and the same for the same documents in any order (of
 * two policies with one name the first counts). Endpoints are those of all nodes given.
 *
 * @throws what reading a config or pod throws that does not validate; policies are rejected instead
 */
export function compile(input: CompileInput): CompileResult {
  const compiler = new Compiler();
  compiler.update(input);
  return compiler.result();
}
