// The options of the command line, from the component.

/** @typedef {import('#command-line/interfaces/mapcp-copy-command-line.js').OptionDescription} OptionDescription */

/** @returns {Promise<OptionDescription[]>} all options, in the order of --help */
export async function allOptions() {
  const { instantiate } = await import('#command-line');
  const { commandLine } = await instantiate(undefined, { 'mapcp:copy/copier@0.1.0': {} });
  return commandLine.options();
}

/** @returns {Promise<(OptionDescription & { help: string })[]>} the options that --help lists */
export async function listedOptions() {
  return (await allOptions()).flatMap((option) => {
    const { help } = option;
    return help === undefined ? [] : [{ ...option, help }];
  });
}
