/** DNS messages by hand: what a forger sends must not depend on an encoder's opinion. */
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

function question(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** A plain question for an A record. */
export const queryBytes = (id: number, name: string): Buffer =>
  Buffer.concat([u16(id), Buffer.from([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), question(name)]);

/** A well-formed answer to `queryBytes(id, name)` with one A record, TTL 300. */
export function answerBytes(id: number, name: string, address: string): Buffer {
  const header = Buffer.concat([u16(id), Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, question(name), record]);
}
