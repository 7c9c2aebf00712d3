import ts from 'typescript';

/**
 * Lists exports, and members of exported classes and interfaces, that have no doc comment, such as `Host.close`.
 *
 * @param files declarations
 */
export function exportsWithoutDescription(files: readonly string[]): string[] {
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const program = ts.createProgram(files, { ...options, target: ts.ScriptTarget.ES2022 });
  const checker = program.getTypeChecker();
  const isDescribed = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length > 0;
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) {
      throw new Error(`${file} is no module`);
    }
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const members = [...(symbol.members?.values() ?? [])].filter((member) => isPublic(member));
      return [
        ...(isDescribed(symbol) ? [] : [symbol.name]),
        ...members.filter((member) => !isDescribed(member)).map((member) => `${symbol.name}.${member.name}`),
      ];
    });
  });
}

/** Whether it needs a description: not if it is private, or if JavaScript or WASI names it. */
function isPublic({ flags, name }: ts.Symbol): boolean {
  const isPart = flags & (ts.SymbolFlags.Property | ts.SymbolFlags.Method);
  return isPart !== 0 && name !== 'name' && !/^(__|#|wasi:)/.test(name);
}
