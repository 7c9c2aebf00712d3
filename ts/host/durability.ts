/**
 * Whether the names that a component gives last beyond a power cut. One for the whole host, set by whoever runs the
 * component: the preview 1 adapter lets no component synchronise a directory, so the host has to do it.
 */
export interface Durability {
  /** While true, each rename and each new directory is on the disk before the call returns. Costs milliseconds. */
  namesLast: boolean;
}
