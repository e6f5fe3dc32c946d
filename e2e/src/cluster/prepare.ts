/** Builds what a cluster needs once, so that no test's time is spent on it. */
import { clusterBinaries, kubeBinary } from '../kube/build.ts';

const say = (line: string) => process.stderr.write(`cluster: ${line}\n`);
await kubeBinary(say);
await clusterBinaries(say);
