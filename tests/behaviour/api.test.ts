import { api } from './fronts.js';
import { testBehaviours } from './run.js';

testBehaviours(api);
