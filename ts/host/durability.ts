/**
 * Whether new names survive a power cut. The whole host has one such object, and the code that runs the component
 * sets it: the preview 1 adapter lets no component synchronise a directory, so the host must do it.
 */
export interface Durability {
  /**
   * While true, each rename and each new directory is on the disk before the call returns. Each costs milliseconds.
   */
  syncDirectories: boolean;
}
