import { commandLine } from './fronts.js';
import { testBehaviours } from './run.js';

testBehaviours(commandLine);
