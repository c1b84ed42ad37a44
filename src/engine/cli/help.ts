// The text of --help: options by hand, settings from their table.
import { settingsTable, type SettingShape } from '../../contract/settings.ts';
import { settingNames } from './arguments.ts';

const usage = `Usage: wirelens [options]

An HTTP debugging proxy: point a client at it and see every request on a line of its own.

Options
  --port NUMBER         port to listen on; 0 takes a free one (${settingsTable.port.default})
  --host ADDRESS        address to listen on (${settingsTable.host.default})
  --reverse ORIGIN      stand in front of one server, such as http://localhost:3000, instead of being a proxy
  --cache off|standard  whether responses are cached as RFC 9111 says (${settingsTable['cache.mode'].default})
  --no-keep-alive       a new connection for every request, on both sides
  --json                one JSON line for each finished flow; all other words go to the error output
  --har FILE            write what was captured to FILE at the end
  --upstream-proxy URL  go through another proxy (http, https or socks5; user:password@host where it asks),
                        or direct; else HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY count
  --resolve HOST:ADDRESS
                        connect to ADDRESS for HOST (or *.suffix), several times if need be
  --set NAME=VALUE      any other setting, several times if need be; lists with commas, objects as JSON
  -h, --help            this text
  -v, --version         the version

The passphrase of client certificates is read from WIRELENS_CLIENT_CERTIFICATE_PASSPHRASE.

Ctrl+C stops accepting and gives open exchanges 5 s to end; a second one ends at once.

Settings (sizes in MiB, limits.requestLine and limits.header in KiB, times in s)
`;

function rangeOf(shape: SettingShape): string {
  switch (shape.kind) {
    case 'number':
      return `${shape.minimum} to ${shape.maximum}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return shape.choices.join(' or ');
    case 'list':
      return 'list of patterns such as *.example.com/api*';
    case 'text':
      return 'text';
    case 'proxy':
      return 'URL of a proxy, or direct';
    case 'addresses':
      return 'JSON object such as {"api.test":"127.0.0.1"}';
    case 'certificates':
      return 'JSON list such as [{"host":"a.test","pfxFile":"a.pfx"}]';
  }
}

function usualOf({ kind, default: usual }: SettingShape): string {
  return kind === 'list' || kind === 'addresses' || kind === 'certificates' || usual === '' ? 'none' : String(usual);
}

/** The whole text, with a line break at its end. */
export function helpText(): string {
  const width = Math.max(...settingNames.map((name) => name.length));
  const lines = settingNames.map((name) => {
    const shape: SettingShape = settingsTable[name];
    const usual = usualOf(shape);
    return `  ${name.padEnd(width)}  ${rangeOf(shape)} (${usual})\n`;
  });
  return usage + lines.join('');
}
