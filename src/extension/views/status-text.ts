// What the status bar says: where the proxy listens, how much it saw, how much the cache gave.
import { formatBytes } from '../../formats/numbers.ts';
import type { ProxyState } from '../../contract/model.ts';
import type { EngineStatus } from '../link/supervisor.ts';
import type { Translate } from '../translate.ts';
import { cacheFigures, hitRate } from './cache-rows.ts';
import { facts, type TooltipLines } from './item.ts';

export interface StatusText {
  /** With icons in VS Code's `$(name)` form. */
  readonly text: string;
  readonly tooltip: TooltipLines;
  readonly warning: boolean;
}

interface Known {
  readonly status: EngineStatus;
  readonly listening: { readonly host: string; readonly port: number } | undefined;
  /** The port of the setting; the item says when another one is in use. */
  readonly wantedPort: number;
  readonly state: ProxyState | undefined;
}

/** `999`, `1.2k`, `34k`, `1.2M`. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_500 ? [count / 1000, 'k'] : [count / 1_000_000, 'M'];
  return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)}${unit}`;
}

function stopped(t: Translate): StatusText {
  return {
    text: '$(circle-slash) Wirelens',
    tooltip: [['Wirelens', t('The proxy is stopped. Click for commands.')]],
    warning: false,
  };
}

function downText(status: EngineStatus, t: Translate): StatusText | undefined {
  switch (status.kind) {
    case 'waiting':
      return {
        text: '$(warning) Wirelens',
        tooltip: [['Wirelens', t('The engine ended unexpectedly and is being started again.')]],
        warning: true,
      };
    case 'given-up':
      return {
        text: '$(error) Wirelens',
        tooltip: [['Wirelens', t('The engine ended unexpectedly again and again. Start the proxy to try once more.')]],
        warning: true,
      };
    case 'starting':
      return { text: '$(loading~spin) Wirelens', tooltip: [['Wirelens', t('Starting')]], warning: false };
    case 'down':
    case 'up':
      return undefined;
  }
}

function cacheLines({ cacheMode, counters }: ProxyState, t: Translate): TooltipLines {
  const rate = hitRate(counters);
  const mode = cacheMode === 'off' ? t('off') : t('on');
  const share = rate === undefined ? undefined : t('{0} hits ({1} %)', counters.hits + counters.validated, rate);
  const figures = cacheFigures(counters, t);
  return [[t('Cache'), facts(mode, share)], ...(figures === '' ? [] : ([[t('Cache figures'), figures]] as const))];
}

function tooltipOf(address: string, { state, status, wantedPort, listening }: Known, t: Translate): TooltipLines {
  const lines: (readonly [string, string])[] = [[t('Proxy'), address]];
  if (wantedPort !== 0 && listening !== undefined && listening.port !== wantedPort) {
    lines.push([t('Port'), t('{0} instead of {1}, which was taken', listening.port, wantedPort)]);
  }
  if (state === undefined) return lines;
  const { counters, captureMemory, captureDisk } = state;
  lines.push([t('Requests'), t('{0}, {1} failed', counters.requests.toLocaleString('en'), counters.failed)]);
  lines.push([t('Recorded'), state.capturing ? counters.recorded.toLocaleString('en') : t('paused')]);
  lines.push(...cacheLines(state, t));
  lines.push([t('Keep-alive'), state.keepAlive ? t('on') : t('off')]);
  lines.push([t('Memory'), t('{0} of {1}', formatBytes(captureMemory.used), formatBytes(captureMemory.limit))]);
  if (captureDisk.used > 0) {
    lines.push([t('Disk'), t('{0} of {1}', formatBytes(captureDisk.used), formatBytes(captureDisk.limit))]);
  }
  if (state.truncating)
    lines.push([
      t('Truncated'),
      t(
        'Some bodies did not fit and were cut off in the record. Raise wirelens.capture.memory or wirelens.capture.disk.',
      ),
    ]);
  if (status.kind === 'up') lines.push([t('Engine'), t('process {0}', status.pid)]);
  return lines;
}

/** The host and port of the proxy as a URL. */
export function proxyUrlOf(listening: { readonly host: string; readonly port: number }): string {
  // A wildcard address is no address to connect to.
  const host = listening.host === '0.0.0.0' ? '127.0.0.1' : listening.host === '::' ? '::1' : listening.host;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${listening.port}`;
}

/** What is worth its room behind the port: requests, the cache's share, and what is not as usual. */
function figures(state: ProxyState, t: Translate): readonly (string | undefined)[] {
  const rate = hitRate(state.counters);
  return [
    shortCount(state.counters.requests),
    state.cacheMode === 'off' ? t('cache off') : rate === undefined ? undefined : `${rate}%`,
    state.keepAlive ? undefined : t('keep-alive off'),
  ];
}

export function statusText(known: Known, t: Translate): StatusText {
  const down = downText(known.status, t);
  if (down !== undefined) return down;
  const { listening, state } = known;
  if (listening === undefined) return stopped(t);
  const icon = state?.capturing === false ? '$(debug-pause)' : '$(radio-tower)';
  return {
    text: facts(`${icon} ${listening.port}`, ...(state === undefined ? [] : figures(state, t))),
    tooltip: tooltipOf(proxyUrlOf(listening), known, t),
    warning: state?.truncating === true,
  };
}
