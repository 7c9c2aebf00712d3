// Reading a file of the origin's private file system synchronously.

import { fail } from '../host/error-code.js';
import type { BlobContent, Content } from './content.js';

/** The content of a file that is open for reading. Meanwhile, nobody can change the file. */
export class SynchronousReading implements Content {
  readonly size: number;
  readonly held = 0;
  /** The same file, for when it is closed. */
  readonly blob: BlobContent;
  readonly #access: FileSystemSyncAccessHandle;

  constructor(access: FileSystemSyncAccessHandle, blob: BlobContent) {
    this.#access = access;
    this.blob = blob;
    this.size = blob.size;
  }

  read(bytes: Uint8Array, position: number): number {
    try {
      return this.#access.read(bytes, { at: position });
    } catch {
      return fail('io');
    }
  }

  parts(): Iterable<Blob> {
    return this.blob.parts();
  }

  toBlob(): Blob {
    return this.blob.toBlob();
  }

  /** Closes the file. */
  close(): void {
    this.#access.close();
  }
}

/** Whether the browser can open a file for reading only. Otherwise it would keep others from reading. */
let canReadOnly: boolean | undefined;

/** Opens a file for reading. Returns its content as it was if the browser cannot do that. */
export async function readIn(handle: FileSystemFileHandle, blob: BlobContent): Promise<Content> {
  if (canReadOnly === false || handle.createSyncAccessHandle === undefined) {
    return blob;
  }
  try {
    let isAsked = false;
    const access = await handle.createSyncAccessHandle({
      // A browser that does not know this option does not look at it.
      get mode() {
        isAsked = true;
        return 'read-only';
      },
    });
    canReadOnly = isAsked;
    if (isAsked && access.getSize() === blob.size) {
      return new SynchronousReading(access, blob);
    }
    access.close();
  } catch {
    // Somebody writes it.
  }
  return blob;
}
