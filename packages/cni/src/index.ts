export { type PluginEntry, PLUGIN } from './chain.ts';
export { type Outcome, chainIn, installProgram, removeLeftovers, uninstall } from './install.ts';
