// The entry of the engine process: an engine behind the channel to the process that forked it, and ending with it.
import { randomUUID } from 'node:crypto';
import { defaultSettings, resolveSettings } from '../contract/settings.ts';
import type { EngineEvents } from '../contract/engine.ts';
import type { Port } from '../contract/port.ts';
import { systemClock } from './clock.ts';
import { Engine } from './engine.ts';
import { sweepTemporaryFiles } from './platform/temporary.ts';
import { processPort } from './service/process-port.ts';
import { describe, startService } from './service/service.ts';

/** ms that files and sockets get to close before the process ends anyway. */
const END_LIMIT = 800;

function run(port: Port): void {
  const epoch = randomUUID().slice(0, 8);
  // Settings come by the first call; until then nothing listens.
  const engine = new Engine({ clock: systemClock, epoch, settings: resolveSettings(defaultSettings) });
  const service = startService({ port, engine, epoch, clock: systemClock });
  let ending = false;
  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    process.exitCode = code;
    setTimeout(() => process.exit(), END_LIMIT).unref();
    service.dispose();
    engine.dispose();
    if (process.connected) process.disconnect();
  };
  port.onClose(() => end(0));
  process.on('SIGTERM', () => end(0));
  process.on('SIGINT', () => end(0));
  process.on('uncaughtException', (error) => {
    const value: EngineEvents['log'] = { level: 'error', message: describe(error) };
    if (!ending) port.send({ type: 'event', name: 'log', value });
    end(1);
  });
  void sweepTemporaryFiles();
}

const port = processPort();
if (port === undefined) {
  process.stderr.write(
    'This is the engine of Wirelens, which the extension starts. To run the proxy by itself, use: wirelens\n',
  );
  process.exitCode = 1;
} else {
  run(port);
}
