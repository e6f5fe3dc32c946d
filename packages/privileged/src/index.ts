export { type PodLink, Privileged, type Side, inheritPrivileged, privileged } from './privileged.ts';
