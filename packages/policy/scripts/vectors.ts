/** Writes vectors/identities.json: selectors as they are written, their canonical text and identity. */
import { writeFileSync } from 'node:fs';
import { type SelectorSource, identityOf, parseSelector } from '../src/selector.ts';

const SOURCES: readonly SelectorSource[] = [
  ...['api.stripe.com', 'API.Stripe.COM', 'api.stripe.com.', 'a', '_sip._tcp.example', '-_-.example'].map(
    (matchName) => ({ matchName }),
  ),
  ...[
    'api.stripe.com',
    '*',
    '*.',
    '**',
    '**.',
    '***',
    '*.example',
    '*.Example.',
    '**.example',
    '***.example',
    '****.example',
    '**example',
    '*cilium.io',
    '*.s3.*.example',
    '*.s3.**.example',
    '**.*.x',
    '**.**.x',
    '*.**.x',
    'a**b.x',
    'a*b*c.x',
    'a.c*',
    '_*._tcp.x',
  ].map((matchPattern) => ({ matchPattern })),
];

const vectors = SOURCES.map((source) => {
  const selector = parseSelector(source);
  return { ...source, canonical: selector.canonical, identity: Buffer.from(identityOf(selector)).toString('hex') };
});
writeFileSync(new URL('../vectors/identities.json', import.meta.url), `${JSON.stringify(vectors, null, 2)}\n`);
