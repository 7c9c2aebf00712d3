// Loads what the component will need in the next step of a job.
//
// A step does one thing (docs/how-it-works.md, "The job"): it opens a directory, or opens the next file of a directory,
// or copies a window. It looks at the entries of a directory only in a step after the one that opened it. So it is
// enough to load the entries of directories that were opened, and the next bytes of files.

import { BlobContent } from './content.js';
import type { DirectoryNode } from './nodes.js';
import { ReadAhead } from './read-ahead.js';
import type { Storage } from './storage.js';
import type { OpenNode, Volume } from './volume.js';

/** A directory that a component has open. */
type OpenDirectory = OpenNode & { readonly node: DirectoryNode };

/** Loads what the component needs, from these volumes. */
export class Loader {
  readonly #volumes: readonly Volume[];
  readonly #storages: ReadonlyMap<Volume, Storage>;
  #loading: Promise<void> | undefined;

  constructor(volumes: readonly Volume[], storages: ReadonlyMap<Volume, Storage>) {
    this.#volumes = volumes;
    this.#storages = storages;
  }

  /**
   * Prepares the next step. Returns undefined if it can begin at once.
   *
   * @param isRead whether the component reads files, and does not only look at them
   */
  prepare(isRead: boolean): Promise<void> | undefined {
    if (this.#volumes.some(({ fresh }) => fresh.length > 0)) {
      const before = this.#loading ?? Promise.resolve();
      const loading = before
        .then(() => this.#loadFresh(isRead))
        .finally(() => {
          this.#loading = this.#loading === loading ? undefined : this.#loading;
        });
      this.#loading = loading;
    }
    if (this.#loading !== undefined) {
      // It may have begun for another job, and have what this one needs.
      return this.#loading;
    }
    const waits: Promise<void>[] = [];
    for (const volume of isRead ? this.#volumes : []) {
      for (const { node } of volume.open) {
        if (node.type === 'regular-file' && node.content instanceof BlobContent) {
          const isPrepared = node.content.isPrepared;
          const preparing = node.content.prepare();
          waits.push(...(isPrepared ? [] : [preparing]));
        }
      }
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  async #loadFresh(isRead: boolean): Promise<void> {
    const fresh: (readonly [Volume, OpenDirectory])[] = [];
    for (const volume of this.#volumes) {
      for (const open of volume.fresh.splice(0)) {
        if (isDirectory(open)) {
          fresh.push([volume, open]);
        } else if (isRead && open.node.type === 'regular-file') {
          await this.#storages.get(volume)?.openForReading(open.node);
          volume.releaseUnused(open.node);
        }
      }
    }
    // The component opens source directories to list them, and others only to reach their entries.
    for (const [volume, { node, flags }] of fresh) {
      if (flags.read) {
        const storage = this.#storages.get(volume);
        await storage?.list(node);
        await storage?.loadFiles(node);
        if (isRead) {
          volume.ahead.set(node, new ReadAhead(node));
        }
      }
    }
    const sources = this.#volumes
      .flatMap(({ open }) => [...open].filter(isDirectory))
      .filter(({ flags }) => flags.read);
    for (const [volume, { node, flags }] of fresh) {
      // If no source is open, it is on the way to the target, and the entries on that path are loaded.
      if (!flags.read && sources.length > 0) {
        const storage = this.#storages.get(volume);
        await storage?.list(node);
        // Of a target, only files with the names of sources are needed.
        await storage?.loadFiles(node, (name) => sources.some((source) => source.node.entries.has(name)));
      }
    }
  }
}

function isDirectory(open: OpenNode): open is OpenDirectory {
  return open.node.type === 'directory';
}
