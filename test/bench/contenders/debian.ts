// Proxies that Debian packages: each with a configuration for one test run, logging off, everything on loopback.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { missingProgram, startDaemon, type Contender, type Setup } from './contender.ts';

function write(setup: Setup, name: string, text: string): string {
  const file = path.join(setup.folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const squid: Contender = {
  name: 'squid',
  title: 'squid',
  can: { cache: true, connect: true },
  missing: missingProgram('squid', ['-v']),
  start: async (setup) =>
    await startDaemon(setup, (port) => {
      const text = `http_port 127.0.0.1:${port}
pid_filename ${setup.folder}/squid.pid
coredump_dir ${setup.folder}
access_log none
cache_store_log none
cache_log ${setup.folder}/cache.log
netdb_filename none
pinger_enable off
icp_port 0
cache_mem 256 MB
maximum_object_size_in_memory 16 MB
memory_cache_mode always
http_access allow all
via off
forwarded_for delete
shutdown_lifetime 0 seconds
max_filedescriptors 16000
client_persistent_connections on
server_persistent_connections on
${setup.cache ? '' : 'cache deny all\n'}`;
      const file = write(setup, 'squid.conf', text);
      return { command: 'squid', args: ['-N', '-f', file, '-n', `bench${port}`] };
    }),
};

const haproxy: Contender = {
  name: 'haproxy',
  title: 'haproxy (reverse)',
  can: {},
  missing: missingProgram('haproxy', ['-v']),
  start: async (setup) =>
    await startDaemon(setup, (port) => {
      const text = `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  http-reuse always
  timeout connect 10s
  timeout client 600s
  timeout server 600s
frontend clients
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server one 127.0.0.1:${setup.originPort}
`;
      return { command: 'haproxy', args: ['-db', '-q', '-f', write(setup, 'haproxy.cfg', text)] };
    }),
};

const nginx: Contender = {
  name: 'nginx',
  title: 'nginx (reverse, proxy_cache)',
  can: { cache: true },
  missing: missingProgram('nginx', ['-v']),
  start: async (setup) =>
    await startDaemon(setup, (port) => {
      const { folder } = setup;
      const text = `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_rlimit_nofile 16000;
events { worker_connections 15000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=bench:10m max_size=500m;
  upstream origin { server 127.0.0.1:${setup.originPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_max_temp_file_size 0; ${setup.cache ? 'proxy_cache bench;' : ''}
    }
  }
}
`;
      return { command: 'nginx', args: ['-p', folder, '-c', write(setup, 'nginx.conf', text), '-e', 'stderr'] };
    }),
};

const tinyproxy: Contender = {
  name: 'tinyproxy',
  title: 'tinyproxy (a new connection each time, own generator)',
  can: { connect: true, onceOnly: true },
  missing: missingProgram('tinyproxy', ['-v']),
  start: async (setup) =>
    await startDaemon(setup, (port) => {
      const text = `Port ${port}
Listen 127.0.0.1
Timeout 600
MaxClients 2000
LogLevel Critical
LogFile "${setup.folder}/tinyproxy.log"
DisableViaHeader Yes
`;
      return { command: 'tinyproxy', args: ['-d', '-c', write(setup, 'tinyproxy.conf', text)] };
    }),
};

const trafficServer: Contender = {
  name: 'trafficserver',
  title: 'Apache Traffic Server',
  can: { cache: true, connect: true },
  missing: missingProgram('traffic_server', ['--version']),
  start: async (setup) =>
    await startDaemon(setup, (port) => {
      const text = `CONFIG proxy.config.http.server_ports STRING ${port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.url_remap.remap_required INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 0
CONFIG proxy.config.http.connect_ports STRING *
CONFIG proxy.config.http.cache.http INT ${setup.cache ? 1 : 0}
CONFIG proxy.config.http.cache.required_headers INT 2
CONFIG proxy.config.cache.ram_cache.size INT 134217728
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.http.insert_request_via_str INT 0
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.net.connections_throttle INT 15000
CONFIG proxy.config.http.server_session_sharing.match STRING both
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 600
`;
      for (const name of layout) mkdirSync(path.join(setup.folder, name));
      write(setup, 'etc/records.config', text);
      write(setup, 'etc/storage.config', `${setup.folder}/cache 512M\n`);
      write(setup, 'etc/ip_allow.yaml', allowAll);
      const paths = layout.map((name) => `${name}: ${path.join(setup.folder, name)}\n`).join('');
      const root = write(
        setup,
        'runroot.yaml',
        paths.replace(/^etc:/m, 'sysconfdir:').replace(/^cache:/m, 'cachedir:'),
      );
      return { command: 'traffic_server', args: [`--run-root=${root}`] };
    }),
};

/** Folders that it wants to have for itself. */
const layout = [
  'etc',
  'cache',
  'prefix',
  'exec_prefix',
  'bindir',
  'datadir',
  'libexecdir',
  'localstatedir',
  'runtimedir',
  'logdir',
];

const allowAll = `ip_allow:
  - apply: in
    ip_addrs: [0/0, ::/0]
    action: allow
    methods: ALL
`;

const mitmdump: Contender = {
  name: 'mitmdump',
  title: 'mitmdump',
  can: { connect: true },
  missing: missingProgram('mitmdump', ['--version']),
  start: async (setup) =>
    await startDaemon(setup, (port) => ({
      command: 'mitmdump',
      args: ['-q', '--listen-host', '127.0.0.1', '-p', String(port), '--set', `confdir=${setup.folder}`],
    })),
};

export const debian: readonly Contender[] = [squid, trafficServer, nginx, haproxy, tinyproxy, mitmdump];
