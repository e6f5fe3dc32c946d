export { type PluginEntry, PLUGIN } from './chain.ts';
export { type Outcome, chainIn, installProgram, uninstall } from './install.ts';
