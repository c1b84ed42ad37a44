// Carries an answer's body to the client, to the record and to the cache; the slowest that counts is the client.
import type { ProxyError } from '../../contract/errors.ts';
import type { Fields } from '../../http/fields.ts';
import type { Responder } from '../listen/responder.ts';
import type { Answer, AnswerSink } from '../upstream/answer.ts';

/** Sees the content as it passes; never slows it. */
export interface ContentObserver {
  content(bytes: Buffer): void;
  end(trailers: Fields): void;
}

/** The tee: settles when the client has been given the last byte, or when either side failed. */
export class Transfer implements AnswerSink {
  readonly #answer: Answer;
  readonly #responder: Responder;
  readonly #observers: readonly ContentObserver[];
  #muted = false;
  #fulfil: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(answer: Answer, responder: Responder, observers: readonly ContentObserver[]) {
    this.#answer = answer;
    this.#responder = responder;
    this.#observers = observers;
  }

  /** @throws ProxyError where upstream broke off. */
  run(): Promise<void> {
    return new Promise((fulfil, reject) => {
      this.#fulfil = fulfil;
      this.#reject = reject;
      this.#responder.onDrain = () => this.#answer.resume();
      this.#answer.attach(this);
    });
  }

  content(bytes: Buffer): void {
    for (const observer of this.#observers) observer.content(bytes);
    if (!this.#muted) this.#responder.content(bytes);
  }

  wire(bytes: Buffer): void {
    if (!this.#muted) this.#responder.wire(bytes);
  }

  flush(): void {
    if (this.#muted) return;
    this.#responder.flush();
    if (this.#responder.needsDrain) this.#answer.pause();
  }

  end(trailers: Fields): void {
    for (const observer of this.#observers) observer.end(trailers);
    if (!this.#muted) this.#responder.end(trailers);
    this.#fulfil?.();
  }

  failed(error: ProxyError): void {
    this.#reject?.(error);
  }

  /** The client has gone, but others want the rest: it goes to the observers alone. */
  mute(): void {
    this.#muted = true;
    this.#answer.resume();
  }

  /** The flow was cancelled: nothing more is expected. */
  cancel(reason: Error): void {
    this.#reject?.(reason);
  }
}
