import { api } from './frontends.js';
import { testBehaviours } from './run.js';

testBehaviours(api);
