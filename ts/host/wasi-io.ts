// The kinds of resources of wasi:io, which other interfaces use.

import type { InputStream, IoError, OutputStream, Pollable } from './streams.js';
import { resource } from './wit.js';

export const error = resource<IoError>('wasi:io/error', 'error');
export const pollable = resource<Pollable>('wasi:io/poll', 'pollable');
export const inputStream = resource<InputStream>('wasi:io/streams', 'input-stream');
export const outputStream = resource<OutputStream>('wasi:io/streams', 'output-stream');
