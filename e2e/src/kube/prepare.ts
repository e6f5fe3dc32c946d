/** Builds what the API tests need once, so that no test's time is spent on it. */
import { kubeBinary } from './build.ts';

await kubeBinary((line) => process.stderr.write(`kube: ${line}\n`));
