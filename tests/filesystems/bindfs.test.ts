// bindfs: shows a directory with other permissions and owners.

import { chmodSync, chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { look } from '../behaviour/tree.js';
import { run } from '../cli/frontends.js';
import { commandOf } from './commands.js';
import { type Context, keepsAll, onFileSystem, testFileSystem } from './file-system.js';
import { bindfs } from './mounts.js';

/** Copies `in/a` to `out/b`. Directories get no permissions, which is a warning if permissions are preserved. */
async function copyWithoutModes({ frontend, copy }: Context): Promise<void> {
  const { error, errors, warnings } = await copy('in/a', 'out/b', { recursive: true });
  expect({ error, errors }).toEqual({ error: undefined, errors: [] });
  expect(warnings.map(({ message }) => message)).toEqual(
    frontend.hasModes
      ? [expect.stringMatching(/but cannot set the permissions of 'out\/b': operation not permitted/)]
      : [],
  );
}

testFileSystem({ ...keepsAll, name: 'bindfs', make: bindfs() });

testFileSystem(
  { ...keepsAll, name: 'bindfs that denies permissions', make: bindfs('--chmod-deny'), hasModes: false },
  ({ frontend, put, copy }) => {
    it.each(['out/whole', './out/./whole-by-dots'])(
      'the warning of an atomic copy names the target %s, not the temporary tree',
      async (target) => {
        put.file('in/whole/f');
        put.mode('in/whole', 0o700);
        const { error, warnings } = await copy('in/whole', target, { recursive: true, atomic: 'tree' });
        expect(error).toBe(undefined);
        expect(warnings.map(({ message }) => message)).toEqual(
          frontend.hasModes
            ? [
                expect.stringContaining(
                  `copied 'in/whole' to '${target}', but cannot set the permissions of '${target}': `,
                ),
              ]
            : [],
        );
      },
    );
  },
);

onFileSystem(
  'bindfs that gives files its own permissions',
  bindfs('--create-with-perms=0600,ud+x'),
  (context) => {
    const { frontend, at, put } = context;
    it('a file gets the permissions of its source, if they are preserved', async () => {
      put.file('in/a/f');
      put.mode('in/a/f', 0o644);
      await copyWithoutModes(context);
      expect(look(at('out/b/')).f?.mode).toBe(frontend.hasModes ? 0o644 : 0o600);
    });
  },
);

const OTHER = 65_534;

onFileSystem(
  'bindfs that shows another owner',
  bindfs(`--force-user=${OTHER}`, `--force-group=${OTHER}`),
  (context) => {
    const { at, put, copy } = context;
    it('a tree is copied to it and from it', async () => {
      put.file('in/a/d/f');
      await copyWithoutModes(context);
      expect(await copy('out/b', 'in/back', { recursive: true })).toMatchObject({
        error: undefined,
        errors: [],
        warnings: [],
      });
      expect(lstatSync(at('out/b/d/f')).uid).toBe(OTHER);
      expect(lstatSync(at('in/back/d/f')).uid).toBe(process.getuid?.());
      expect(look(at('in/back'))).toMatchObject({ 'd/f': { content: 'content' } });
      put.remove('in/back');
    });
  },
);

onFileSystem(
  'bindfs that gives files to another user',
  bindfs(`--create-for-user=${OTHER}`),
  ({ at, put, copy, mounted }) => {
    it("a copy is complete, and belongs to the mount's user", async () => {
      const behind = join(mounted().work, 'behind');
      put.file('in/f');
      const { error } = await copy('in/f', 'out/f');
      expect(error).toBe(undefined);
      expect(lstatSync(join(behind, 'f')).uid).toBe(OTHER);
      expect(look(at('out'))).toMatchObject({ f: { content: 'content' } });
    });
  },
);

/** Runs the command as a user without any privilege, to whom the source belongs. */
function runAsOther({ frontend, at, put }: Context, ...args: readonly string[]): string {
  const command = commandOf(frontend) ?? expect.fail();
  chmodSync(at('.'), 0o755);
  for (const name of [
    'in',
    ...readdirSync(at('in'), { recursive: true, encoding: 'utf8' }).map((each) => `in/${each}`),
  ]) {
    chownSync(at(name), OTHER, OTHER);
  }
  // wasmtime keeps a cache there.
  put.directory('home');
  chownSync(at('home'), OTHER, OTHER);
  const asOther = ['env', `HOME=${at('home')}`, 'setpriv', `--reuid=${OTHER}`, `--regid=${OTHER}`];
  const { status, stderr } = run(command, args, at('.'), [...asOther, '--clear-groups']);
  return `${status} ${stderr}`;
}

onFileSystem(
  'bindfs whose user has no privilege and gives files to the superuser',
  bindfs(`--force-user=${OTHER}`, `--force-group=${OTHER}`, '--create-for-user=0', '--create-for-group=0'),
  (context) => {
    const { frontend, at, put, mounted } = context;
    it.skipIf(commandOf(frontend) === undefined)('a tree is copied, with its permissions and times', () => {
      put.file('in/a/d/f');
      put.mode('in/a/d/f', 0o640);
      put.time('in/a/d/f', '1234567890.5');
      put.mode('in/a/d', 0o750);
      expect(runAsOther(context, '-rpT', 'in/a', 'out/b')).toBe('0 ');
      const behind = look(join(mounted().work, 'behind'));
      expect(behind['b/d/f']).toMatchObject({ content: 'content', time: '1234567890.5' });
      expect([behind['b/d']?.mode, behind['b/d/f']?.mode]).toEqual(
        frontend.hasModes ? [0o750, 0o640] : [0o755, 0o644],
      );
      expect(lstatSync(join(mounted().work, 'behind/b/d/f')).uid).toBe(0);
      expect(runAsOther(context, '-ruvpT', 'in/a', 'out/b')).toBe('0 ');
      expect(Object.keys(look(at('out'))).sort()).toEqual(['b', 'b/d', 'b/d/f']);
    });
  },
);

onFileSystem('bindfs that belongs to somebody else', bindfs('--force-user=0', '--perms=go-w'), (context) => {
  const { frontend, at, put } = context;
  it.skipIf(commandOf(frontend) === undefined)('a user without privilege can replace nothing there', () => {
    put.file('in/f', 'new');
    put.file('out/f', 'old');
    expect(runAsOther(context, '-T', 'in/f', 'out/f')).toMatch(
      /^1 mapcp: cannot copy 'in\/f' to 'out\/f': cannot create 'out\/f': (permission denied|not permitted by the sandbox or the file system)\n$/,
    );
    expect(look(at('out'))).toMatchObject({ f: { content: 'old' } });
    expect(readdirSync(at('out'))).toEqual(['f']);
  });
});
