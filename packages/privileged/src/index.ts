export { type PodLink, Privileged, type Redirected, inheritPrivileged, privileged } from './privileged.ts';
