/** What the command ends with: 1 it did not work, 2 it was called wrongly. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;
  readonly fix: string;
  constructor(message: string, fix: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

/** One line: what, then what to do. */
export function describeError(error: unknown): string {
  if (error instanceof CliError) return `namewallctl: ${error.message}; ${error.fix}`;
  return `namewallctl: ${error instanceof Error ? error.message : String(error)}`;
}
