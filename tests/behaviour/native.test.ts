import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { mayTest } from '../helpers/tools.js';
import { engineTests, natively } from './frontends.js';
import { testBehaviours } from './run.js';

describe.runIf(mayTest(existsSync(engineTests)))('the command line', () => testBehaviours(natively));
