/**
 * The snapshot: what the operator last sent and the kernel enforces, so that a restarted agent, operator
 * there or not, continues with it. Resource bodies are kept as they came over the stream.
 *
 *   octets 0..7    "NWSNAP" 0x00 and the format's version, 1
 *   octets 8..39   SHA-256 of all that follows
 *   octets 40..43  number of resources, little-endian like every number here
 *   then each      type u8, name length u16, body length u32, version (16 octets), name (UTF-8), body
 */
import { createHash } from 'node:crypto';

/** One resource of the stream. `version` is the first 16 octets of SHA-256 over `body`. */
export interface Held {
  readonly type: number;
  readonly name: string;
  readonly version: Uint8Array;
  readonly body: Uint8Array;
}

export type SnapshotErrorCode = 'NOT_A_SNAPSHOT' | 'OTHER_VERSION' | 'CUT' | 'CHECKSUM';

/** The file is not one that this agent wrote whole. */
export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode;
  constructor(code: SnapshotErrorCode, message: string) {
    super(message);
    this.name = 'SnapshotError';
    this.code = code;
  }
}

const MAGIC = Buffer.from('NWSNAP\0', 'latin1');
const VERSION = 1;
const DIGEST_AT = 8;
const BODY_AT = 40;
const VERSION_LENGTH = 16;
const RESOURCE_HEADER = 1 + 2 + 4 + VERSION_LENGTH;

/** Writes resources in the order given. */
export function encodeSnapshot(resources: Iterable<Held>): Uint8Array {
  const parts: Uint8Array[] = [];
  let count = 0;
  for (const { type, name, version, body } of resources) {
    const nameBytes = Buffer.from(name, 'utf8');
    const header = Buffer.alloc(RESOURCE_HEADER);
    header.writeUInt8(type, 0);
    header.writeUInt16LE(nameBytes.length, 1);
    header.writeUInt32LE(body.length, 3);
    header.set(version.subarray(0, VERSION_LENGTH), 7);
    parts.push(header, nameBytes, body);
    count++;
  }
  const counted = Buffer.alloc(4);
  counted.writeUInt32LE(count);
  const payload = Buffer.concat([counted, ...parts]);
  const digest = createHash('sha256').update(payload).digest();
  return Buffer.concat([MAGIC, Uint8Array.of(VERSION), digest, payload]);
}

/** @throws {SnapshotError} when anything of it is not as it was written. */
export function decodeSnapshot(bytes: Uint8Array): Held[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.length < BODY_AT + 4 || !data.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new SnapshotError('NOT_A_SNAPSHOT', 'it does not begin as a snapshot does');
  }
  const version = data.readUInt8(MAGIC.length);
  if (version !== VERSION) {
    throw new SnapshotError('OTHER_VERSION', `its format is version ${version}, this agent reads ${VERSION}`);
  }
  const payload = data.subarray(BODY_AT);
  if (!createHash('sha256').update(payload).digest().equals(data.subarray(DIGEST_AT, BODY_AT))) {
    throw new SnapshotError('CHECKSUM', 'its checksum does not match its content');
  }
  return decodeResources(payload);
}

function decodeResources(payload: Buffer): Held[] {
  const resources: Held[] = [];
  let at = 4;
  for (let left = payload.readUInt32LE(0); left > 0; left--) {
    if (at + RESOURCE_HEADER > payload.length) throw new SnapshotError('CUT', 'a resource is missing');
    const nameAt = at + RESOURCE_HEADER;
    const bodyAt = nameAt + payload.readUInt16LE(at + 1);
    const end = bodyAt + payload.readUInt32LE(at + 3);
    if (end > payload.length) throw new SnapshotError('CUT', 'a resource ends past the file');
    resources.push({
      type: payload.readUInt8(at),
      name: payload.toString('utf8', nameAt, bodyAt),
      version: Uint8Array.from(payload.subarray(at + 7, nameAt)),
      body: Uint8Array.from(payload.subarray(bodyAt, end)),
    });
    at = end;
  }
  return resources;
}
