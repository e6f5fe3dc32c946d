const MiB = 1024 * 1024;

/** A message over this ends the stream with RESOURCE_EXHAUSTED, in either direction. */
export const MAX_MESSAGE = 4 * MiB;
/** A delta is closed before it grows over this; a single larger resource travels alone. */
export const MAX_CHUNK = MiB;
/** Octets of one resource; leaves room for the delta around it. */
export const MAX_RESOURCE = 3 * MiB;
/** Deltas on the way to one agent that it has not acknowledged. */
export const MAX_UNACKED = 4;
/** Octets of one change that an agent holds while it assembles it. */
export const MAX_CHANGE = 256 * MiB;
/** Resources that a Subscribe may name. */
export const MAX_HELD = 65_536;
