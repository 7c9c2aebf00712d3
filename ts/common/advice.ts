// The component's reasons may advise an option. They name it as in WIT, between backquotes: `make-parents`, or
// `symlinks=skip` with a value. Each frontend spells it as its own users write it.

/** Spells an option: one that must be set, or, if there is a value, one that must have that value. */
export type Spelling = (name: string, value: string | undefined) => string;

/** Options without a value in a reason that are no booleans in the API: their value there, if they have only one. */
const notBooleans: Readonly<Record<string, string | undefined>> = { atomic: 'tree', shard: undefined };

/** As an option of the API: `makeParents: true`, `symlinks: 'skip'`, `atomic: 'tree'`, `shard`. */
export const asProperty: Spelling = (name, given) => {
  const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const isBoolean = given === undefined && !Object.hasOwn(notBooleans, name);
  const value = isBoolean ? 'true' : (given ?? notBooleans[name]);
  return value === undefined ? key : `${key}: ${/^(true|\d+)$/.test(value) ? value : `'${value}'`}`;
};

/** As an option of the command line: `--make-parents`, `--symlinks=skip`. */
export const asFlag: Spelling = (name, value) => (value === undefined ? `--${name}` : `--${name}=${value}`);

/** A reason of the component's with its options spelled. */
export function spellOptions(reason: string, spelling: Spelling): string {
  return reason.replace(/`([a-z-]+)(?:=([a-z0-9-]+))?`/g, (_, name: string, value?: string) =>
    spelling(name, value),
  );
}
