// The engine's reasons name options. A program must be able to use them as they are spelled for the API.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asFlag, asProperty, spellOptions } from '../../ts/common/advice.js';
import { takeOptions } from '../../ts/common/check.js';
import { copyChecks } from '../../ts/common/options.js';

const engine = 'c-src/engine';

/** The options in the engine's texts, with their backquotes. */
const named = readdirSync(engine)
  .filter((file) => file.endsWith('.c'))
  .flatMap((file) => readFileSync(join(engine, file), 'utf8').match(/"(?:[^"\\\n]|\\.)*"/g) ?? [])
  .flatMap((literal) => literal.match(/`[a-z-]+(?:=[a-z0-9-]+)?`/g) ?? []);

// A list on the command line can have NULs; the API takes paths.
const ofTheApi = [...new Set(named)].filter((option) => option !== '`null`').sort();

describe('an option in a reason', () => {
  it.each(ofTheApi)('is one of the API, with a value that it can have: %s', (option) => {
    const [, name = '', value] = /^(\w+)(?:: (.*))?$/.exec(spellOptions(option, asProperty)) ?? [];
    expect(Object.keys(copyChecks)).toContain(name);
    if (value !== undefined) {
      const given: unknown = JSON.parse(value.replaceAll("'", '"'));
      expect(takeOptions('options', { [name]: given }, copyChecks)).toEqual({ [name]: given });
    }
  });

  it('is spelled as its users write it', () => {
    const reason = 'use `make-parents`, `atomic`, `shard`, `overwrite=always` or `max-depth=3`';
    expect(spellOptions(reason, asProperty)).toBe(
      "use makeParents: true, atomic: 'tree', shard, overwrite: 'always' or maxDepth: 3",
    );
    expect(spellOptions(reason, asFlag)).toBe(
      'use --make-parents, --atomic, --shard, --overwrite=always or --max-depth=3',
    );
  });
});
