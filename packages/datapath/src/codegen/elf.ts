/** Just enough of ELF-64 little-endian to take one section out of an object that clang wrote. */
export class ObjectError extends Error {
  override name = 'ObjectError';
}

const SECTION_HEADER = 64;

/**
 * The octets of a section.
 * @throws ObjectError when `file` is no little-endian ELF-64 object, or has no such section
 */
export function elfSection(file: Uint8Array, wanted: string): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 64 || view.getUint32(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new ObjectError('not a little-endian ELF-64 object: build it with clang -target bpf');
  }
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const section = (index: number): { name: number; start: number; size: number } => {
    const at = table + index * SECTION_HEADER;
    return {
      name: view.getUint32(at, true),
      start: Number(view.getBigUint64(at + 24, true)),
      size: Number(view.getBigUint64(at + 32, true)),
    };
  };
  const names = section(view.getUint16(62, true));
  for (let index = 0; index < count; index++) {
    const { name, start, size } = section(index);
    if (textAt(file, names.start + name) === wanted) return file.subarray(start, start + size);
  }
  throw new ObjectError(`the object has no section ${wanted}: build it with clang -g`);
}

/** The zero-terminated text at an offset. */
export function textAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, (end < 0 ? bytes.length : end) - offset).toString(
    'latin1',
  );
}
