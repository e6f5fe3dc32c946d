/** Of the stream, not of the software. */
export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

export const PROTOCOL: ProtocolVersion = { major: 1, minor: 1 };

/**
 * Same major works, minors may differ by one.
 * @returns why they do not fit and which side to upgrade; undefined when they do.
 */
export function versionMismatch(agent: ProtocolVersion, operator: ProtocolVersion): string | undefined {
  if (agent.major === operator.major && Math.abs(agent.minor - operator.minor) <= 1) return undefined;
  const older = agent.major - operator.major || agent.minor - operator.minor;
  const why = agent.major === operator.major ? 'more than one minor version apart' : 'of different major versions';
  const versions = `the agent speaks ${text(agent)}, the operator ${text(operator)}`;
  return `protocols are ${why}: ${versions}; upgrade the ${older < 0 ? 'agent' : 'operator'}`;
}

function text({ major, minor }: ProtocolVersion): string {
  return `${major}.${minor}`;
}
