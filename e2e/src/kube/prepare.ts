/** Builds what the API tests need once, so that no test's time is spent on it. */
import { collectorBinary, kubeBinary } from './build.ts';

const say = (line: string) => process.stderr.write(`kube: ${line}\n`);
await kubeBinary(say);
await collectorBinary(say);
