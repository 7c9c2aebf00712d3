import { describe } from 'vitest';
import { wasmtime } from '../helpers/wasmtime.js';
import { inWasmtime } from './frontends.js';
import { testBehaviours } from './run.js';

describe.skipIf(wasmtime === undefined)('the component', () => testBehaviours(inWasmtime));
