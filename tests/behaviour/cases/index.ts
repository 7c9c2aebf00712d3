import type { Behaviour } from '../behaviour.js';
import { atomic } from './atomic.js';
import { files } from './files.js';
import { filters } from './filters.js';
import { limits } from './limits.js';
import { links } from './links.js';
import { lists } from './lists.js';
import { metadata } from './metadata.js';
import { names } from './names.js';
import { overwriting } from './overwriting.js';
import { safety } from './safety.js';
import { selfCopies } from './self-copies.js';
import { shards } from './shards.js';
import { streams } from './streams.js';
import { trees } from './trees.js';
import { unfinishedNames } from './unfinished-names.js';

/** The behaviour table for all frontends. */
export const behaviours: readonly Behaviour[] = [
  ...files,
  ...names,
  ...unfinishedNames,
  ...trees,
  ...links,
  ...selfCopies,
  ...overwriting,
  ...atomic,
  ...metadata,
  ...filters,
  ...lists,
  ...limits,
  ...streams,
  ...shards,
  ...safety,
];
