// The server that everything is fetched from: nginx where it is installed, else one of the benchmark's own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fetchOnce } from './load/fetch.ts';
import { requestFor } from './load/job.ts';
import { freePort, start, startScript, untilListening, type Child } from './system/child.ts';
import type { CpuPlan } from './system/cpus.ts';

const certificates = path.join(__dirname, '../fixtures/certificates');
/** The authority that signed the origin's certificate; the proxies are told to trust it. */
export const authorityFile = path.join(certificates, 'authority.pem');

/** A body that the origin has. */
interface OriginFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

export interface Origin {
  readonly kind: 'nginx' | 'own';
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly pid: number;
  file(name: string): OriginFile;
  /** Requests that it has answered so far, by either port. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

const mebibyte = 1024 * 1024;

/** Bytes of the bodies that are streamed for speed, and to see what memory they take. */
export interface Sizes {
  readonly streamed: number;
  readonly large: number;
}

/** Names and sizes (bytes) of what can be asked for; below `/cached/` it may be stored. */
function fileSizes({ streamed, large }: Sizes): Readonly<Record<string, number>> {
  return { '1k': 1024, '1m': mebibyte, '100m': streamed, large };
}

/** Writes a file of which every MiB differs, so that a lost or repeated piece changes its hash. */
function writeBody(folder: string, name: string, bytes: number): OriginFile {
  const file = openSync(path.join(folder, name), 'w');
  const hash = createHash('sha256');
  const piece = Buffer.alloc(Math.min(mebibyte, bytes));
  for (let index = 0; index < piece.length; index += 1) piece[index] = 33 + ((index * 7919 + (index >> 8)) % 90);
  for (let written = 0; written < bytes; written += piece.length) {
    piece.write(String(written).padStart(16, '0'), 0, 'latin1');
    const part = piece.subarray(0, bytes - written);
    hash.update(part);
    writeSync(file, part);
  }
  closeSync(file);
  return { name, bytes, hash: hash.digest('hex') };
}

function nginxConfiguration(folder: string, files: string, plainPort: number, tlsPort: number): string {
  return `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_rlimit_nofile 16000;
events { worker_connections 15000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; sendfile on; tcp_nodelay on; etag off;
  open_file_cache max=100 inactive=600s; open_file_cache_valid 600s; default_type application/octet-stream;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ssl_certificate ${certificates}/trusted.pem; ssl_certificate_key ${certificates}/trusted-key.pem;
  ssl_protocols TLSv1.3;
  server {
    listen 127.0.0.1:${plainPort} backlog=4096; listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    location / { root ${files}; add_header Cache-Control no-store; }
    location /cached/ { alias ${files}/; add_header Cache-Control "public, max-age=3600"; }
    location = /status { stub_status; }
  }
}
`;
}

interface Started {
  readonly child: Child;
  readonly requests: () => Promise<number>;
}

interface Place {
  readonly folder: string;
  readonly files: string;
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly cpu: number | undefined;
}

async function startNginx({ folder, files, plainPort, tlsPort, cpu }: Place): Promise<Started> {
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfiguration(folder, files, plainPort, tlsPort));
  const child = await start('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], { cpu });
  let asked = 0;
  const requests = async (): Promise<number> => {
    const request = requestFor(`http://127.0.0.1:${plainPort}/status`, 'origin', true);
    const { body } = await fetchOnce({ port: plainPort, request });
    asked += 1;
    const total = Number(/ (\d+) \nReading/.exec(body.toString('latin1'))?.[1]);
    return total - asked;
  };
  return { child, requests };
}

async function startOwn({ files, plainPort, tlsPort, cpu }: Place): Promise<Started> {
  const pems = ['trusted.pem', 'trusted-key.pem'].map((name) => path.join(certificates, name));
  const child = await startScript('origin.ts', [files, String(plainPort), String(tlsPort), ...pems], {
    cpu,
    ipc: true,
  });
  const requests = async (): Promise<number> => {
    const answer = child.message<number>();
    child.process.send('count');
    return await answer;
  };
  return { child, requests };
}

/** Everything is written below `folder`. Without nginx, or with `own`, it is the benchmark's own. */
export async function startOrigin(folder: string, sizes: Sizes, cpus: CpuPlan, own: boolean): Promise<Origin> {
  const files = path.join(folder, 'files');
  mkdirSync(files, { recursive: true });
  const bodies = Object.entries(fileSizes(sizes)).map(([name, bytes]) => writeBody(files, name, bytes));
  const place = { folder, files, plainPort: await freePort(), tlsPort: await freePort(), cpu: cpus.origin };
  const nginx = !own && spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
  const { child, requests } = await (nginx ? startNginx(place) : startOwn(place));
  await untilListening(child, place.plainPort);
  await untilListening(child, place.tlsPort);
  return {
    kind: nginx ? 'nginx' : 'own',
    plainPort: place.plainPort,
    tlsPort: place.tlsPort,
    pid: child.pid,
    requests,
    stop: async () => await child.stop(),
    file(name) {
      const found = bodies.find((body) => body.name === name);
      if (found === undefined) throw new Error(`the origin has no ${name}`);
      return found;
    },
  };
}
