import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, checkout, documents, linksOf } from './documents.js';

const isOnTheWeb = (link: string) => /^(https|mailto):/.test(link);

describe.each(documents())('%s', (document) => {
  it('has no broken link', () => {
    const broken = linksOf(document).filter((link) => !isOnTheWeb(link) && !leadsSomewhere(document, link));
    expect(broken).toEqual([]);
  });

  it('names no source or test that does not exist', () => {
    const text = readFileSync(join(checkout, document), 'utf8');
    const named = [...text.matchAll(/`((?:tests|c-src|ts)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(named.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
  });
});

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = decodeURIComponent(link).split('#');
  const target = path === '' ? document : normalize(join(dirname(document), path));
  const exists = !target.startsWith('..') && existsSync(join(checkout, target));
  return exists && (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).includes(anchor));
}

it('docs/how-it-works.md names no source file that does not exist', () => {
  const sources = ['c-src', 'ts', 'wit', 'tests'].flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `/${folder}/${name}`,
    ),
  );
  const text = readFileSync(join(checkout, 'docs/how-it-works.md'), 'utf8');
  const named = [...text.matchAll(/`([\w/-]+\.(?:c|h|ts|wit|md))`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !sources.some((source) => source.endsWith(`/${name}`)))).toEqual([]);
});
