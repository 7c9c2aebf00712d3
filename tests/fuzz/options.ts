import fc from 'fast-check';
import type { CopyOptions } from 'mapcp';
import { copyChecks } from '../../ts/common/options.js';
import { commandLineOptionOf } from '../helpers/options.js';

/** An arbitrary for an option of the API; undefined if it is no switch and no choice of the command line. */
function arbitraryFor(name: string): fc.Arbitrary<boolean | string> | undefined {
  if (name === 'atomic') {
    return fc.constantFrom('file', 'tree');
  }
  const option = commandLineOptionOf(name);
  if (option === undefined || (option.value !== undefined && option.choices.length === 0)) {
    return undefined;
  }
  return option.value === undefined ? fc.boolean() : fc.constantFrom(...option.choices);
}

/** Arbitraries for switches and choices. */
type Arbitraries = {
  readonly [Name in keyof CopyOptions as NonNullable<CopyOptions[Name]> extends boolean | string
    ? Name
    : never]-?: fc.Arbitrary<NonNullable<CopyOptions[Name]>>;
};

/** Arbitraries for the switches and the choices that the API and the command line have in common. */
export const commonOptions = Object.fromEntries(
  Object.keys(copyChecks).flatMap((name) => {
    const arbitrary = arbitraryFor(name);
    return arbitrary === undefined ? [] : [[name, arbitrary]];
  }),
) as unknown as Omit<Arbitraries, 'filterSource' | 'preserveMode'>;

/** A request without the options that contradict others, or whose result depends on other jobs. */
export function withoutContradictions<
  Request extends {
    readonly source: string;
    readonly target: string;
    readonly options: CopyOptions;
    readonly shards: number | undefined;
  },
>(request: Request): Request {
  const { source, target, shards } = request;
  const { keepGoing, concurrency, ...options } = request.options;
  if (options.atomic !== 'tree') {
    // A target in the source changes the time of the directory that the next job copies.
    const isChanged = options.preserveTimestamps && `${target}/`.startsWith(`${source}/`);
    return { ...request, shards: isChanged ? undefined : shards };
  }
  const overwrite = options.overwrite === 'newer' ? 'always' : options.overwrite;
  return { ...request, shards: undefined, options: { ...options, ...(overwrite && { overwrite }) } };
}
