// Temporary files that leave nothing behind: the spill file of the capture, and the sweep of what a crash left.
import { close, ftruncate, open, unlink, writev } from 'node:fs';
import { readdir, unlink as unlinkLater } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PREFIX = 'wirelens-';

/** A file of our own for bytes that have no room in memory. Every call is asynchronous; positions are in bytes. */
export interface SpillFile {
  /** Descriptor for positioned reads, valid in every thread of this process; undefined until something was written. */
  readonly descriptor: number | undefined;
  /** Writes all the buffers one after the other at `position`; makes the file at the first call. */
  write(buffers: readonly Uint8Array[], position: number, done: (error?: Error) => void): void;
  /** Gives space beyond `length` back. */
  truncate(length: number): void;
  /** Ends the file, at once or after the calls that are still under way. */
  close(): void;
}

/** Makes the name of a temporary file of this process; the process id in it is for the sweep. */
function newName(directory: string): string {
  const unique = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
  return path.join(directory, `${PREFIX}${process.pid}-${unique}.spill`);
}

class TemporarySpillFile implements SpillFile {
  readonly #directory: string;
  #descriptor: number | undefined;
  #path: string | undefined;
  #underWay = 0;
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get descriptor(): number | undefined {
    return this.#descriptor;
  }

  write(buffers: readonly Uint8Array[], position: number, done: (error?: Error) => void): void {
    this.#begin();
    this.#opened((error, descriptor) => {
      if (descriptor === undefined) {
        this.#end();
        done(error);
      } else this.#writeAll(descriptor, buffers, position, done);
    });
  }

  #writeAll(descriptor: number, buffers: readonly Uint8Array[], position: number, done: (error?: Error) => void): void {
    writev(descriptor, buffers, position, (error, written) => {
      const rest = error === null ? after(buffers, written) : [];
      if (error === null && rest.length > 0 && written > 0) {
        this.#writeAll(descriptor, rest, position + written, done);
        return;
      }
      this.#end();
      done(error ?? (rest.length > 0 ? new Error('Nothing could be written to the temporary file.') : undefined));
    });
  }

  truncate(length: number): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#closed) return;
    this.#begin();
    // A failure leaves the space taken, nothing else.
    ftruncate(descriptor, length, () => this.#end());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeWhenIdle();
  }

  #opened(then: (error: Error | undefined, descriptor: number | undefined) => void): void {
    if (this.#closed) {
      then(new Error('The temporary file is closed.'), undefined);
      return;
    }
    if (this.#descriptor !== undefined) {
      then(undefined, this.#descriptor);
      return;
    }
    const name = newName(this.#directory);
    open(name, 'wx+', 0o600, (error, descriptor) => {
      if (error !== null) {
        then(error, undefined);
        return;
      }
      this.#descriptor = descriptor;
      unlink(name, (failure) => {
        // Windows keeps the name of an open file; it goes when the file is closed.
        if (failure !== null) this.#path = name;
        then(undefined, descriptor);
      });
    });
  }

  #begin(): void {
    this.#underWay += 1;
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#closed) this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    const descriptor = this.#descriptor;
    if (this.#underWay > 0 || descriptor === undefined) return;
    this.#descriptor = undefined;
    const name = this.#path;
    close(descriptor, () => {
      if (name !== undefined) unlink(name, () => undefined);
    });
  }
}

/** What of `buffers` stands after the first `written` bytes. */
function after(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = written;
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(skip === 0 ? buffer : buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return rest;
}

/** A spill file that comes into being when something is first written to it; one write at a time until then. */
export function createSpillFile(directory: string = tmpdir()): SpillFile {
  return new TemporarySpillFile(directory);
}

/** Whether a process with this id lives, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Removes the temporary files of processes that no longer live, and resolves with how many. Where a file can be unlinked
 * while it is open none are ever left, so elsewhere than on Windows there is nothing to find.
 */
export async function sweepTemporaryFiles(
  alive: (pid: number) => boolean = isAlive,
  directory: string = tmpdir(),
): Promise<number> {
  let removed = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    const pid = /^wirelens-(\d+)-[0-9a-z]+\.spill$/.exec(name)?.[1];
    if (pid === undefined || alive(Number(pid))) continue;
    const gone = await unlinkLater(path.join(directory, name)).then(
      () => true,
      () => false,
    );
    if (gone) removed += 1;
  }
  return removed;
}
