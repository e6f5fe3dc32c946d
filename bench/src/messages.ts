import { queryBytes } from '@namewall/e2e';

/** Where the question's name stands, as a compression pointer says it. */
const QUESTION = 12;
const POINTER = 0xc000;
const TYPE = { A: 1, CNAME: 5 };
const TTL = 300;

/**
 * The answer to `queryBytes(id, name)`: `aliases` CNAMEs, each leading to the next, and an A record of each address
 * at the last. Owners are pointers, as servers send them; an alias is two labels in the question's domain.
 */
export function answerMessage(id: number, name: string, addresses: readonly string[], aliases = 0): Buffer {
  const message = [queryBytes(id, name)];
  let length = message[0]?.length ?? 0;
  let owner = QUESTION;
  const add = (type: number, data: Buffer): void => {
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(POINTER | owner, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(TTL, 6);
    fixed.writeUInt16BE(data.length, 10);
    message.push(fixed, data);
    length += fixed.length + data.length;
  };
  const domain = QUESTION + 1 + name.indexOf('.');
  for (let i = 0; i < aliases; i += 1) {
    const target = length + 12;
    add(
      TYPE.CNAME,
      Buffer.concat([label(`alias${i}`), label('cdn'), Buffer.from([0xc0 | (domain >> 8), domain & 255])]),
    );
    owner = target;
  }
  for (const address of addresses) add(TYPE.A, Buffer.from(address.split('.').map(Number)));
  const whole = Buffer.concat(message);
  whole.writeUInt16BE(0x8180, 2);
  whole.writeUInt16BE(aliases + addresses.length, 6);
  return whole;
}

const label = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
