import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';

export const checkout = join(import.meta.dirname, '../..');

/** A fenced block of a document. */
export interface Block {
  /** Its path in the checkout. */
  readonly document: string;
  /** The line on which the code begins, from 1. */
  readonly line: number;
  readonly language: string;
  /** The text behind the language: `checkout continues file=a.c` is `{ checkout: '', continues: '', file: 'a.c' }`. */
  readonly marks: Readonly<Record<string, string>>;
  readonly code: string;
}

const markdown = new MarkdownIt();

/** The paths of all documents: at the top level, in docs/, and beside the code. */
export function documents(): string[] {
  const isDocument = (name: string) => name.endsWith('.md');
  const below = (folder: string) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    );
  return [...readdirSync(checkout), ...['docs', 'c-src', 'tests'].flatMap(below)].filter(isDocument);
}

/** The sources whose doc comments have examples. */
export function sources(): string[] {
  return readdirSync(join(checkout, 'ts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('ts', name));
}

/** The text of a document. Of a source, the lines of its comments without their marks, and all other lines empty. */
function textOf(path: string): string {
  const text = readFileSync(join(checkout, path), 'utf8');
  return path.endsWith('.md') ? text : text.replaceAll(/^(?: *\* ?(.*)|.*)$/gm, '$1');
}

/** The fenced blocks of a document, or of a source's doc comments. */
export function blocksOf(document: string): Block[] {
  return markdown
    .parse(textOf(document), {})
    .filter(({ type }) => type === 'fence')
    .map(({ info, content, map }) => {
      const [language = '', ...marks] = info.match(/[^\s="]+(?:="[^"]*"|=\S*)?/g) ?? [];
      const entries = marks.map((mark) => /^([^=]*)=?"?([^"]*)"?$/.exec(mark)?.slice(1) ?? []);
      const line = (map?.[0] ?? 0) + 2;
      return { document, line, language, marks: Object.fromEntries(entries), code: content };
    });
}

function inlines(document: string): Token[] {
  return markdown.parse(textOf(document), {}).flatMap(({ children }) => children ?? []);
}

/** The targets of a document's links and images. */
export function linksOf(document: string): string[] {
  return inlines(document).flatMap((token) => token.attrGet('href') ?? token.attrGet('src') ?? []);
}

/** The anchors of a document's headings. */
export function anchorsOf(document: string): string[] {
  const slugger = new GithubSlugger();
  const tokens = markdown.parse(textOf(document), {});
  return tokens.flatMap(({ type }, index) => {
    const text = tokens[index + 1]?.children?.map(({ content }) => content).join('') ?? '';
    return type === 'heading_open' ? slugger.slug(text) : [];
  });
}
