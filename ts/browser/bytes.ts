// Buffers of a page, of any realm.

/** Returns a copy of the bytes of a buffer or of a view of one; undefined for anything else. */
export function bytesIn(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  const isBuffer =
    has(() => ArrayBuffer.prototype, 'byteLength', value) ||
    has(() => SharedArrayBuffer.prototype, 'byteLength', value);
  return isBuffer ? new Uint8Array(new Uint8Array(value as ArrayBuffer)) : undefined;
}

/** Whether a value is of a class of any realm, by a getter of the class that rejects all other objects. */
export function has(classOf: () => object, getter: string, value: unknown): boolean {
  try {
    Object.getOwnPropertyDescriptor(classOf(), getter)?.get?.call(value);
    return true;
  } catch {
    return false;
  }
}
