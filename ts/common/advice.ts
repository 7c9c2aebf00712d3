// The component's reasons may advise an option. They name it as in WIT, between backquotes: `make-parents`, or
// `symlinks=skip` with a value. Each frontend spells it as its own users write it.

/** Spells an option: one that must be set, or, if there is a value, one that must have that value. */
export type Spelling = (name: string, value: string | undefined) => string;

/** As an option of the API: `makeParents: true`, `symlinks: 'skip'`. */
export const asProperty: Spelling = (name, value) => {
  const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `${key}: ${value === undefined ? true : /^\d+$/.test(value) ? value : `'${value}'`}`;
};

/** As an option of the command line: `--make-parents`, `--symlinks=skip`. */
export const asFlag: Spelling = (name, value) => (value === undefined ? `--${name}` : `--${name}=${value}`);

/** A reason of the component's with its options spelled. */
export function spellOptions(reason: string, spelling: Spelling): string {
  return reason.replace(/`([a-z-]+)(?:=([a-z0-9-]+))?`/g, (_, name: string, value?: string) =>
    spelling(name, value),
  );
}
