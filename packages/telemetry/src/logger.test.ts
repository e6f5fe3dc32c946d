import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type LoggerOptions, createLogger } from './logger.ts';

function lines(options: Partial<LoggerOptions>, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  write(createLogger({ service: 'test', stream, ...options }));
  return written;
}

test('json: one line an entry, with service, level, time and fields', () => {
  const [line = ''] = lines({}, (log) => {
    log.info('policy accepted', { policy: 'shop/pay', id: Uint8Array.of(1, 255), count: 3n, error: new Error('no') });
    log.debug('not shown');
  });
  assert.ok(line.endsWith('\n'));
  const { timestamp, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT/u);
  assert.deepEqual(rest, {
    level: 'info',
    service: 'test',
    message: 'policy accepted',
    policy: 'shop/pay',
    id: '01ff',
    count: '3',
    error: 'no',
  });
});

test('text: fields behind the message, quoted where they need it, never two lines', () => {
  const written = lines({ format: 'text', level: 'warn' }, (log) => {
    log.info('not shown');
    log.warn('file\nrefused', { file: 'a.yaml', problem: 'x "y"\nz', list: [1, 2n] });
  });
  assert.equal(written.length, 1);
  assert.match(
    written[0] ?? '',
    /^\S+ warn {2}test: file refused file=a\.yaml problem="x \\"y\\"\\nz" list=\[1,"2"\]\n$/u,
  );
});
