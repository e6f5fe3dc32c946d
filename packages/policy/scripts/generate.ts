/** Writes crds/, the CustomResourceDefinitions of our kinds, from src/schema. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../src/crd/definitions.ts';

const CRDS = join(import.meta.dirname, '../crds');
const HEADER = '# From packages/policy/src/schema; written by `make generate`.\n';

rmSync(CRDS, { recursive: true, force: true });
mkdirSync(CRDS);
for (const definition of customResourceDefinitions()) {
  const text = stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false });
  writeFileSync(join(CRDS, `${definition.metadata.name}.yaml`), HEADER + text);
}
