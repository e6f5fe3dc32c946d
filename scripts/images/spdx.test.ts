import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debianPart, npmPart, spdx } from './spdx.ts';

test('a Debian package is named as its archive names it', () => {
  const control =
    'Package: libstdc++6\nVersion: 1:12.2.0-14+deb12u1\nArchitecture: amd64\nDescription: a\n Package: b\n';
  assert.deepEqual(debianPart(control), {
    name: 'libstdc++6',
    version: '1:12.2.0-14+deb12u1',
    purl: 'pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64',
  });
});

test('an npm package keeps its scope and its licence', () => {
  assert.deepEqual(npmPart('{"name": "@grpc/grpc-js", "version": "1.14.7", "license": "Apache-2.0"}'), {
    name: '@grpc/grpc-js',
    version: '1.14.7',
    license: 'Apache-2.0',
    purl: 'pkg:npm/%40grpc/grpc-js@1.14.7',
  });
  assert.equal(npmPart('{"name": "old", "version": "1.0.0", "license": {"type": "MIT"}}').license, undefined);
});

interface Document {
  readonly packages: readonly { readonly SPDXID: string; readonly name: string; readonly licenseDeclared: string }[];
  readonly relationships: readonly { readonly relationshipType: string; readonly relatedSpdxElement: string }[];
}

test('the image contains each part once, in any order of them, and free text is no licence', () => {
  const parts = [
    { name: 'b', version: '1', license: '(MIT OR Apache-2.0)', purl: 'pkg:npm/b@1' },
    { name: 'a', version: '1', license: 'SEE LICENSE IN a.txt', purl: 'pkg:npm/a@1' },
  ];
  const image = { name: 'x', version: '0.1.0', created: new Date(0), parts };
  const document = spdx(image) as Document;
  assert.deepEqual(spdx({ ...image, parts: parts.toReversed() }), document);
  assert.deepEqual(
    document.packages.map(({ name, licenseDeclared }) => [name, licenseDeclared]),
    [
      ['x', 'Apache-2.0'],
      ['a', 'NOASSERTION'],
      ['b', '(MIT OR Apache-2.0)'],
    ],
  );
  const contained = document.relationships.filter(({ relationshipType }) => relationshipType === 'CONTAINS');
  assert.deepEqual(
    contained.map(({ relatedSpdxElement }) => relatedSpdxElement),
    document.packages.slice(1).map(({ SPDXID }) => SPDXID),
  );
});
