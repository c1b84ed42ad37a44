// Debugging proxies from npm, installed into a folder of the benchmark's own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startDaemon, type Contender } from './contender.ts';

const folder = path.join(__dirname, '../../../.cache/bench-peers');
const script = path.join(__dirname, '../children/npm-peer.mjs');

/** Their versions are set, so that figures can be compared later. */
const versions = { mockttp: '4.6.5', 'http-mitm-proxy': '1.1.0', anyproxy: '4.1.3', whistle: '2.10.10' } as const;

/** Installs all of them; nothing of it becomes a dependency of the project. Throws where npm fails. */
export function installNpmPeers(): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('npm could not install the peers');
}

export const npmPeers: readonly Contender[] = Object.entries(versions).map(([name, version]) => ({
  name,
  title: `${name} ${version}`,
  can: {},
  missing: () =>
    existsSync(path.join(folder, 'node_modules', name))
      ? undefined
      : 'not installed (npm run bench -- --install-peers)',
  start: async (setup) =>
    await startDaemon({ ...setup, folder }, (port) => ({
      command: process.execPath,
      args: [script, name, String(port), setup.folder],
      // A home of its own: some of them keep certificates there.
      env: { HOME: setup.folder },
    })),
}));
