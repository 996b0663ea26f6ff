/* The connection to the server, and the last message from it. It heals by itself when the server comes back, when the
 * network was cut without notice, and when the machine slept. */

import { SILENCE_MS, decode } from "./state.js";

const RETRY_MAX_MS = 5_000;
const ASLEEP_MS = 5_000; // the wall clock ran so far ahead of the browser's own: nobody was awake

/** Counts milliseconds, those of a machine's sleep too: on some systems `performance.now()` stands still in it. */
export class Watch {
  #asleep = 0;
  #wall = Date.now();
  #own = performance.now();

  now() {
    return performance.now() + this.#asleep;
  }

  /** Look whether the machine slept since the last look. */
  look() {
    const [wall, own] = [Date.now(), performance.now()];
    const ahead = wall - this.#wall - (own - this.#own);
    [this.#wall, this.#own] = [wall, own];
    const slept = ahead > ASLEEP_MS;
    if (slept) this.#asleep += ahead;
    return slept;
  }
}

export class Link {
  truth = null;
  heardAt = null;
  failedAt = null;
  #source = null;
  #sourceAt = 0;
  #attempts = 0;
  #retrying = null;
  #address;
  #watch;
  #changed;
  #readable;

  /** *changed* is called after each message; *readable* throws for a message that cannot be drawn. */
  constructor(address, watch, changed, readable) {
    [this.#address, this.#watch, this.#changed, this.#readable] = [address, watch, changed, readable];
    this.openedAt = watch.now();
    this.#open();
  }

  /** Join again after a silence or a sleep, neither of which raises an error. Call it now and then. */
  tick() {
    const slept = this.#watch.look();
    const silent = this.#watch.now() - Math.max(this.heardAt ?? 0, this.#sourceAt) > SILENCE_MS;
    if (this.#retrying === null && (slept || silent)) this.#reopen();
  }

  #open() {
    this.#retrying = null;
    this.#sourceAt = this.#watch.now();
    this.#source = new EventSource(this.#address);
    this.#source.addEventListener("board", (message) => this.#received(message.data));
    this.#source.addEventListener("error", () => this.#failed());
  }

  #heard(truth) {
    const at = this.#watch.now();
    Object.assign(this, { truth, heardAt: at, failedAt: null });
    this.#attempts = 0;
    this.#changed();
  }

  #received(text) {
    try {
      const truth = decode(text);
      this.#readable(truth);
      this.#heard(truth);
    } catch (error) {
      console.error(error.message);
      this.#reopen(); // a message that cannot be read is no connection
    }
  }

  #failed() {
    this.failedAt ??= this.#watch.now();
    if (this.#source.readyState === EventSource.CLOSED) this.#reopen();
  }

  #reopen() {
    this.failedAt ??= this.#watch.now();
    this.#source.close();
    const wait = Math.min(RETRY_MAX_MS, 500 * 2 ** this.#attempts) + 1_000 * Math.random(); // not every board at once
    this.#attempts += 1;
    this.#retrying ??= setTimeout(() => this.#open(), wait);
  }
}
