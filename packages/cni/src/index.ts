export { type PluginEntry, PLUGIN } from './chain.ts';
export { type Outcome, chainIn, installProgram, removeLeftovers, unchainAll, uninstall } from './install.ts';
