// The command line as a process of its own, as a person starts it: what it prints, and how it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { bundled } from '../../support/bundle.ts';
import type { Stage } from '../../support/stage.ts';

const patience = 8000;

interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Leaves the output to the test, unread. */
  readonly unread?: boolean;
}

/** How it ended. */
interface CommandEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export class Command {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all it printed has been read. */
  readonly ended: Promise<CommandEnd>;
  output = '';
  errors = '';
  readonly #lookers = new Set<() => void>();

  private constructor(given: readonly string[], options: CommandOptions) {
    this.child = spawn(process.execPath, [path.join(bundled(), 'cli.js'), ...given], {
      cwd: options.folder,
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: process.env['TMPDIR'] ?? '', ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.child;
    if (options.unread !== true) {
      stdout?.setEncoding('utf8').on('data', (text: string) => this.#look(() => (this.output += text)));
    }
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#look(() => (this.errors += text)));
    this.ended = new Promise((fulfil) => {
      this.child.once('close', (code, signal) => {
        fulfil({ code, signal });
        this.#look(() => undefined);
      });
    });
  }

  /** Starts it; the stage ends it after the test where the test did not. */
  static start(stage: Stage, given: readonly string[], options: CommandOptions = {}): Command {
    const command = new Command(given, options);
    stage.closing(async () => {
      command.child.stdout?.destroy();
      command.child.kill('SIGKILL');
      await command.ended;
    });
    return command;
  }

  /** Starts it on a free port and waits until it says that it listens. */
  static async listening(
    stage: Stage,
    given: readonly string[],
    options: CommandOptions = {},
  ): Promise<ListeningCommand> {
    const command = Command.start(stage, ['--port', '0', ...given], options);
    const [, url = '', port = ''] = await command.says(/^listening on (http:\/\/\S+:(\d+))$/m);
    return Object.assign(command, { url, port: Number(port) });
  }

  /** Waits for words on either output. */
  async says(words: RegExp): Promise<RegExpExecArray> {
    return await new Promise((fulfil, reject) => {
      const everything = (): string => `${this.output}\n${this.errors}`;
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#lookers.delete(look);
        settle();
      };
      const look = (): void => {
        const found = words.exec(everything());
        if (found !== null) finish(() => fulfil(found));
        else if (this.child.exitCode !== null && this.child.stdout?.closed !== false) {
          finish(() => reject(new Error(`ended with ${this.child.exitCode} before ${words}:\n${everything()}`)));
        }
      };
      const timer = setTimeout(() => {
        finish(() => reject(new Error(`never said ${words}:\n${everything()}`)));
      }, patience);
      this.#lookers.add(look);
      look();
    });
  }

  /** The lines of the output so far, without those about listening. */
  lines(): string[] {
    return this.output.split('\n').filter((line) => line !== '' && !line.startsWith('listening on '));
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  #look(change: () => void): void {
    change();
    for (const look of this.#lookers) look();
  }
}

export type ListeningCommand = Command & { readonly url: string; readonly port: number };
