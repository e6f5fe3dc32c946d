export { type PodLink, Privileged, inheritPrivileged, privileged } from './privileged.ts';
