// Runs the proxy in the foreground: listens, prints a line for each flow, and ends in order when it is told to.
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { ListenResult } from '../../contract/engine.ts';
import { flowLine } from '../../formats/flow-line.ts';
import { systemClock } from '../clock.ts';
import { Engine } from '../engine.ts';
import { sweepTemporaryFiles } from '../platform/temporary.ts';
import { describe } from '../service/service.ts';
import type { Command } from './arguments.ts';
import { colourFlow } from './colour.ts';
import { HarFile } from './har-file.ts';
import { jsonLine } from './json-line.ts';
import { exposureOf, urlOf } from './listening-address.ts';
import { Printer, type Render } from './printer.ts';

type RunCommand = Extract<Command, { kind: 'run' }>;

interface Surroundings {
  /** Of Wirelens. */
  readonly version: string;
  readonly output: Writable;
  readonly errors: Writable;
  /** Calls with each request to end. */
  readonly onStop: (listener: () => void) => void;
}

/** ms that a reader gets to take the last lines. */
const FLUSH_LIMIT = 2000;

/** What the process ends with. */
type ExitCode = 0 | 1 | 2;

/** Resolves with the exit code: 0 when it was ended in order, 1 where it could not listen or write what was asked for. */
export async function runProxy(command: RunCommand, surroundings: Surroundings): Promise<ExitCode> {
  const { output, errors, onStop, version } = surroundings;
  const say = (message: string): void => void errors.write(`wirelens: ${message}\n`);
  const har = command.har === undefined ? undefined : new HarFile(command.har, version);
  const obstacle = await har?.obstacle();
  if (obstacle !== undefined) {
    say(`--har ${command.har}: ${obstacle}`);
    return 2;
  }
  for (const warning of command.warnings) say(warning);
  void sweepTemporaryFiles();
  const engine = new Engine({ clock: systemClock, epoch: randomUUID().slice(0, 8), settings: command.settings });
  engine.onReport((error) => say(describe(error)));
  engine.recorder.store.log.onProblem(say);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  onStop(stop);
  const printer = new Printer({
    output,
    render: renderer(engine, command.json, output),
    limit: command.settings.capture.maxFlows,
    onFinished: engine.recorder.onFinished,
    onClosed: stop,
  });
  try {
    const result = await engine.listen();
    if (result.kind === 'failed') {
      say(explain(result, command));
      return 1;
    }
    const url = urlOf(result.host, result.port);
    (command.json ? errors : output).write(`listening on ${url}\n`);
    const exposure = exposureOf(result.host);
    if (exposure !== undefined) say(exposure);
    await stopped;
    await engine.close();
    await inTime(printer.flushed());
    if (printer.skipped > 0) say(`${printer.skipped} flows have no line: they came faster than the lines were read`);
    return await write(har, engine, say);
  } finally {
    printer.dispose();
    engine.dispose();
  }
}

function renderer(engine: Engine, json: boolean, output: Writable): Render {
  const { store } = engine.recorder;
  if (!json) {
    return (number) => {
      const summary = store.summary(number);
      return summary === undefined ? undefined : colourFlow(summary, flowLine(summary), output);
    };
  }
  return async (number) => {
    const detail = await store.detail(number);
    return detail === undefined ? undefined : jsonLine(detail);
  };
}

function explain(failure: Extract<ListenResult, { kind: 'failed' }>, { settings }: RunCommand): string {
  const address = urlOf(settings.host, settings.port);
  switch (failure.reason) {
    case 'port-in-use':
      return `port ${settings.port} is in use (${address}); choose another with --port, or --port 0 for a free one`;
    case 'port-not-allowed':
      return `this user may not listen on port ${settings.port} (${address}); choose one above 1023 with --port`;
    case 'address-not-available':
      return `this machine has no address ${settings.host}; choose another with --host`;
    case 'other':
      return `cannot listen on ${address}: ${failure.message}`;
  }
}

async function write(har: HarFile | undefined, engine: Engine, say: (message: string) => void): Promise<ExitCode> {
  if (har === undefined) return 0;
  try {
    await har.write({ store: engine.recorder.store, bodies: engine.bodies });
    return 0;
  } catch (error) {
    say(`--har ${har.path}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/** Waits for the reader of the last lines, but not for one that does not read. */
async function inTime(work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, FLUSH_LIMIT);
  await Promise.race([work, late]);
  clearTimeout(timer);
}
