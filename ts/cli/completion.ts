import type { Command, Option } from 'commander';
import type { Shell } from './flags.js';

/** How a shell has an option: its names, what it is for, and the values that it takes, none where any will do. */
interface Completed {
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

/**
 * A script that has a shell complete the options of a program, and file names.
 *
 * @param shell which shell it is for
 * @param program where the options are
 */
export function completionFor(shell: Shell, program: Command): string {
  const options = program.createHelp().visibleOptions(program).map(completed);
  return scripts[shell](program.name(), options);
}

function completed({ short, long, description, required, argChoices }: Option): Completed {
  const names = [short, long].filter((name) => name !== undefined);
  return { names, description, takesValue: required, values: argChoices ?? [] };
}

/** Text as one word of a shell. */
function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const scripts: Readonly<Record<Shell, (program: string, options: readonly Completed[]) => string>> = {
  bash: (program, options) => {
    const withValues = options.filter(({ takesValue }) => takesValue);
    const cases = withValues.map(
      ({ names, values }) => `    ${names.join('|')}) words=${word(values.join(' '))} ;;`,
    );
    return `# Completions of ${program} for bash: source this file.
_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} words
  # Bash takes the equals sign of --option=value for a word of its own.
  if [[ $current == = ]]; then
    current=
  elif [[ $option == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $option in
${cases.join('\n')}
    *) [[ $current == -* ]] && words=${word(options.flatMap(({ names }) => names).join(' '))} ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${program} ${program}
`;
  },

  zsh: (program, options) => {
    const specs = options.map(({ names, description, takesValue, values }) => {
      const spelled = names.map((name) => (takesValue ? `${name}=` : name));
      const value = takesValue ? `:value:${values.length > 0 ? `(${values.join(' ')})` : ''}` : '';
      const explained = word(`[${description.replace(/[[\]:\\]/g, '\\$&')}]${value}`);
      // Braces make a specification of each name, and a star lets it be given again.
      return `    '*'${spelled.length > 1 ? `{${spelled.join(',')}}` : spelled[0]}${explained}`;
    });
    return `#compdef ${program}
# Completions of ${program} for zsh: a file _${program} in a directory of $fpath, or source it after compinit.
_${program}() {
  _arguments -s -S \\
${specs.map((spec) => `${spec} \\`).join('\n')}
    '*:file:_files'
}
if [ "$funcstack[1]" = _${program} ]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
  },

  fish: (program, options) => {
    const lines = options.map(({ names, description, takesValue, values }) => {
      const spelled = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const value = takesValue ? ` -x${values.length > 0 ? ` -a ${word(values.join(' '))}` : ''}` : '';
      // Fish knows backslashes in quotes, where other shells have none.
      return `complete -c ${program} ${spelled.join(' ')}${value} -d '${description.replace(/[\\']/g, '\\$&')}'`;
    });
    return `# Completions of ${program} for fish: a file ${program}.fish in ~/.config/fish/completions.
${lines.join('\n')}
`;
  },
};
