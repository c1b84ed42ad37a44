#!/usr/bin/env node
// The command `wirelens`: the proxy without an editor.
import { parseArguments } from './cli/arguments.ts';
import { helpText } from './cli/help.ts';
import { runProxy } from './cli/run.ts';
import { systemClock } from './clock.ts';

/** Put in by the bundler; absent where the source runs as it is. */
declare const WIRELENS_VERSION: string | undefined;

const version = typeof WIRELENS_VERSION === 'string' ? WIRELENS_VERSION : 'development';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** ms that the last lines get to leave the process. */
const LAST_WORDS = 500;
/** ms within which signals are one: a terminal and a runner such as npx both pass Ctrl+C on. */
const SAME_SIGNAL = 100;

/** The first request to end lets what is open end; the next one does not wait. */
function onStop(listener: () => void): void {
  let askedAt: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = systemClock.monotonic();
      if (askedAt !== undefined && now - askedAt > SAME_SIGNAL) process.exit(1);
      askedAt ??= now;
      listener();
    });
  }
}

async function main(): Promise<void> {
  const command = parseArguments(process.argv.slice(2), process.env);
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText());
      return;
    case 'version':
      process.stdout.write(`${version}\n`);
      return;
    case 'refused':
      process.stderr.write(`wirelens: ${command.message}\nTry: wirelens --help\n`);
      process.exitCode = 2;
      return;
    case 'run': {
      const code = await runProxy(command, { version, output: process.stdout, errors: process.stderr, onStop });
      process.exitCode = code;
      // Last words go out by themselves; a reader that does not read must not keep the process.
      setTimeout(() => process.exit(), LAST_WORDS).unref();
      return;
    }
  }
}

// Whoever reads what we print may go away at any time: `wirelens --help | head -1`.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
void main();
