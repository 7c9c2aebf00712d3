// Generates the completions of the shells from the component's table of options:
// `node build/completions.mjs DIR` writes a script for each shell into DIR.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { runScript, ToolError } from './clang.mjs';
import { listedOptions } from './options.mjs';

/**
 * An option for a shell: its names, what it does, the values that it takes, none if it takes any other, and whether its
 * value is the path of a file or directory.
 * @typedef {{ names: string[], description: string, takesValue: boolean, values: string[], takesPath: boolean }} Completed
 */

/**
 * Text as one word of a POSIX shell.
 * @param {string} text
 */
function word(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The script for each shell, by the extension of its file.
 * @type {Readonly<Record<string, (options: readonly Completed[]) => string>>}
 */
const scripts = {
  bash: (options) => {
    const withValues = options.filter(({ takesValue }) => takesValue);
    const cases = withValues.map(
      ({ names, values }) => `    ${names.join('|')}) words=${word(values.join(' '))} ;;`,
    );
    return `# Completions of mapcp for bash: source this file.
_mapcp() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} words=
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
complete -o default -F _mapcp mapcp
`;
  },

  zsh: (options) => {
    const specs = options.map(({ names, description, takesValue, values, takesPath }) => {
      const spelled = names.map((name) => (takesValue ? `${name}=` : name));
      const action = values.length > 0 ? `(${values.join(' ')})` : takesPath ? '_files' : '';
      const value = takesValue ? `:value:${action}` : '';
      const explained = word(`[${description.replace(/[[\]:\\]/g, '\\$&')}]${value}`);
      // Braces make a specification of each name, and a star lets it be given again.
      return `    '*'${spelled.length > 1 ? `{${spelled.join(',')}}` : spelled[0]}${explained}`;
    });
    return `#compdef mapcp
# Completions of mapcp for zsh: a file _mapcp in a directory of $fpath, or source it after compinit.
_mapcp() {
  _arguments -s -S \\
${specs.map((spec) => `${spec} \\`).join('\n')}
    '*:file:_files'
}
if [ "$funcstack[1]" = _mapcp ]; then
  _mapcp "$@"
else
  compdef _mapcp mapcp
fi
`;
  },

  fish: (options) => {
    const lines = options.map(({ names, description, takesValue, values, takesPath }) => {
      const spelled = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      // Without -f, which is a part of -x, fish completes the names of files.
      const value = takesValue
        ? ` ${takesPath ? '-r' : '-x'}${values.length > 0 ? ` -a ${word(values.join(' '))}` : ''}`
        : '';
      // In quotes, fish reads backslashes as escapes, and other shells do not.
      return `complete -c mapcp ${spelled.join(' ')}${value} -d '${description.replace(/[\\']/g, '\\$&')}'`;
    });
    return `# Completions of mapcp for fish: a file mapcp.fish in ~/.config/fish/completions.
${lines.join('\n')}
`;
  },

  ps1: (options) => {
    const lines = options.map(({ names, description, values }) => {
      const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
      const list = (/** @type {readonly string[]} */ texts) => `@(${texts.map(quoted).join(', ')})`;
      return `    @{ Names = ${list(names)}; Choices = ${list(values)}; Help = ${quoted(description)} }`;
    });
    return `# Completions of mapcp for PowerShell: dot-source this file in $PROFILE.
Register-ArgumentCompleter -Native -CommandName mapcp -ScriptBlock {
  param($word, $command, $cursor)
  $options = @(
${lines.join('\n')}
  )
  function Complete($text, $kind, $help) {
    [System.Management.Automation.CompletionResult]::new($text, $text, $kind, $help)
  }
  $before = @($command.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
  $prefix = ''
  $name = $before | Select-Object -Last 1
  if ($word -match '^(--[^=]+)=(.*)$') {
    $name = $Matches[1]
    $prefix = "$name="
    $word = $Matches[2]
  }
  $option = $options | Where-Object { $_.Names -ccontains $name }
  if ($option.Choices) {
    $option.Choices | Where-Object { $_ -like "$word*" } |
      ForEach-Object { Complete "$prefix$_" ParameterValue $_ }
  } elseif ($word.StartsWith('-') -and -not $prefix) {
    foreach ($option in $options) {
      $option.Names | Where-Object { $_.StartsWith($word, [StringComparison]::Ordinal) } |
        ForEach-Object { Complete $_ ParameterName $option.Help }
    }
  }
}
`;
  },
};

await runScript(async () => {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) {
    throw new ToolError('usage: node build/completions.mjs DIR');
  }
  const options = (await listedOptions()).map(({ name, letters, value, choices, help }) => ({
    names: [...(letters === '' ? [] : [`-${letters[0]}`]), `--${name}`],
    description: help,
    takesValue: value !== undefined,
    values: choices,
    takesPath: value === 'FILE' || value === 'DIR',
  }));
  mkdirSync(directory, { recursive: true });
  for (const [extension, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, `mapcp.${extension}`), script(options));
  }
  return 0;
});
