import { commandLine } from './frontends.js';
import { testBehaviours } from './run.js';

testBehaviours(commandLine);
