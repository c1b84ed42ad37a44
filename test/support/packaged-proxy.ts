// Proxies that Debian packages, where this machine has them: processes on a free port with a configuration for one test.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Stage } from './stage.ts';

/** As `user:password`. */
type Credentials = string | undefined;

interface Program {
  readonly name: string;
  configuration(port: number, credentials: Credentials): string;
  arguments(file: string, port: number): readonly string[];
}

const tinyproxy: Program = {
  name: 'tinyproxy',
  configuration: (port, credentials) =>
    [`Port ${port}`, 'Listen 127.0.0.1', 'LogLevel Critical', 'MaxClients 20']
      .concat(credentials === undefined ? [] : [`BasicAuth ${credentials.replace(':', ' ')}`])
      .join('\n'),
  arguments: (file) => ['-d', '-c', file],
};

const squid: Program = {
  name: 'squid',
  configuration: (port) => `http_port 127.0.0.1:${port}
pid_filename none
access_log none
cache_log /dev/null
netdb_filename none
pinger_enable off
cache deny all
http_access allow all
shutdown_lifetime 0 seconds
max_filedescriptors 1024
`,
  arguments: (file, port) => ['-N', '-f', file, '-n', `test${port}`],
};

/** Those that can be run here. */
export const packagedProxies = [squid, tinyproxy].filter(({ name }) => spawnSync(name, ['-v']).error === undefined);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((fulfil) => server.listen(0, '127.0.0.1', fulfil));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((fulfil) => server.close(() => fulfil()));
  return port;
}

async function answers(port: number): Promise<boolean> {
  return await new Promise<boolean>((fulfil) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => fulfil(true));
    socket.once('error', () => fulfil(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Starts it and gives its URL once it takes connections; the stage ends it. */
export async function startPackagedProxy(stage: Stage, program: Program, credentials?: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), `wirelens-${program.name}-`));
  const port = await freePort();
  const file = path.join(folder, 'proxy.conf');
  writeFileSync(file, `${program.configuration(port, credentials)}\n`);
  const child = spawn(program.name, program.arguments(file, port), { stdio: 'ignore' });
  const ended = new Promise<void>((fulfil) => child.once('close', () => fulfil()));
  stage.closing(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${program.name} ended with ${child.exitCode}`);
    await new Promise<void>((fulfil) => setImmediate(fulfil));
  }
  return `http://127.0.0.1:${port}`;
}
