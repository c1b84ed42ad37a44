// Writes what was captured to a HAR file, flow by flow, so that memory does not grow with the number of flows.
import { rmSync } from 'node:fs';
import { access, constants, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { harDocument, harEntry } from '../../formats/har.ts';
import type { BodyReader } from '../capture/body-reader.ts';
import type { FlowStore } from '../capture/store.ts';
import { webSocketMessages } from './har-messages.ts';
import { wholeBody } from './whole-body.ts';

/** Where the flows and their bodies come from. */
export interface Captured {
  readonly store: Pick<FlowStore, 'oldest' | 'size' | 'detail' | 'messageWindow'>;
  readonly bodies: Pick<BodyReader, 'openBody' | 'readBody' | 'closeBody'>;
}

export class HarFile {
  readonly path: string;
  readonly #version: string;

  /** `version` is that of Wirelens. Nothing is written yet. */
  constructor(file: string, version: string) {
    this.path = path.resolve(file);
    this.#version = version;
  }

  /** Why the file could not be written, in words, as far as that can be known before there is anything to write. */
  async obstacle(): Promise<string | undefined> {
    const folder = path.dirname(this.path);
    try {
      await access(folder, constants.W_OK);
    } catch {
      return `no file can be written in ${folder}`;
    }
    const there = await stat(this.path).catch(() => undefined);
    return there?.isDirectory() === true ? 'this is a folder' : undefined;
  }

  /** Replaces the file as a whole, or leaves it as it was and rejects. Bodies are without their Content-Encoding. */
  async write(captured: Captured): Promise<void> {
    const temporary = `${this.path}.${process.pid}.tmp`;
    const file = await open(temporary, 'wx', 0o600);
    const removeAtExit = (): void => rmSync(temporary, { force: true });
    process.once('exit', removeAtExit);
    try {
      try {
        await this.#writeAll(file, captured);
      } finally {
        await file.close();
      }
      await rename(temporary, this.path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    } finally {
      process.off('exit', removeAtExit);
    }
  }

  async #writeAll(file: FileHandle, captured: Captured): Promise<void> {
    const [before, after] = JSON.stringify(harDocument([], this.#version)).split('[]');
    await file.appendFile(`${before}[`);
    let separator = '\n';
    const { store } = captured;
    const end = store.oldest + store.size;
    for (let number = store.oldest; number < end; number += 1) {
      const entry = await entryOf(captured, number);
      if (entry === undefined) continue;
      await file.appendFile(separator + entry);
      separator = ',\n';
    }
    await file.appendFile(`\n]${after}\n`);
  }
}

async function entryOf(captured: Captured, number: number): Promise<string | undefined> {
  const detail = await captured.store.detail(number);
  if (detail === undefined) return undefined;
  const { id } = detail;
  const request = await wholeBody(captured.bodies, { id, side: 'request', form: 'decoded' });
  const response = await wholeBody(captured.bodies, { id, side: 'response', form: 'decoded' });
  const messages = await webSocketMessages(captured, detail);
  const bodies = { ...(request && { request }), ...(response && { response }), ...(messages && { messages }) };
  return JSON.stringify(harEntry(detail, bodies));
}
