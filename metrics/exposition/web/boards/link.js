/* The connection to the server, and what was heard of it. It heals by itself: after a server that went and came, a
 * network that was cut with nobody told, a machine that slept. */

import { SILENCE, decode } from "./state.js";

const LONGEST_RETRY = 5_000;
const ASLEEP = 5_000; // the wall clock ran so far ahead of the browser's own: nobody was awake

/** Milliseconds that passed, a machine's sleep included: `performance.now()` stands still in it on some systems. */
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
    const slept = ahead > ASLEEP;
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

  /** *changed* is called when something was heard; *readable* raises for a truth that cannot be drawn. */
  constructor(address, watch, changed, readable) {
    [this.#address, this.#watch, this.#changed, this.#readable] = [address, watch, changed, readable];
    this.openedAt = watch.now();
    this.#open();
  }

  /** To be called now and then: a half-dead connection raises no error of its own, nor does one that was slept through. */
  tick() {
    const slept = this.#watch.look();
    const silent = this.#watch.now() - Math.max(this.heardAt ?? 0, this.#sourceAt) > SILENCE;
    if (this.#retrying === null && (slept || silent)) this.#reopen();
  }

  #open() {
    this.#retrying = null;
    this.#sourceAt = this.#watch.now();
    this.#source = new EventSource(this.#address);
    this.#source.addEventListener("board", (message) => this.#told(message.data));
    this.#source.addEventListener("error", () => this.#failed());
  }

  #heard(truth) {
    const at = this.#watch.now();
    Object.assign(this, { truth, heardAt: at, failedAt: null });
    this.#attempts = 0;
    this.#changed();
  }

  #told(text) {
    try {
      const truth = decode(text);
      this.#readable(truth);
      this.#heard(truth);
    } catch (error) {
      console.error(error.message);
      this.#reopen(); // a truth we cannot read is no connection
    }
  }

  #failed() {
    this.failedAt ??= this.#watch.now();
    if (this.#source.readyState === EventSource.CLOSED) this.#reopen();
  }

  #reopen() {
    this.failedAt ??= this.#watch.now();
    this.#source.close();
    const wait = Math.min(LONGEST_RETRY, 500 * 2 ** this.#attempts) + 1_000 * Math.random(); // not every board at once
    this.#attempts += 1;
    this.#retrying ??= setTimeout(() => this.#open(), wait);
  }
}
