import { Module } from 'node:module';

/** Makes mapcp find no koffi in this process. Must be called before mapcp looks for it. */
export function hideKoffi() {
  const own = Reflect.get(Module, '_load');
  Reflect.set(Module, '_load', (/** @type {unknown[]} */ ...given) => {
    if (given[0] === 'koffi') {
      throw Object.assign(new Error('koffi is hidden'), { code: 'MODULE_NOT_FOUND' });
    }
    return Reflect.apply(own, Module, given);
  });
}
