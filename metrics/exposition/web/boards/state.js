/* What a page may claim: plain functions of what it was told, and when. */

export const LOADING = 1_000;     // after this, a page that has heard nothing says so
export const SILENCE = 40_000;    // the server speaks every few seconds
export const ERROR_GRACE = 5_000; // a restart of the server is shorter than this

const STATES = ["live", "delayed", "rebuilding", "empty", "unknown_team"];

/** What the page may claim, *at* a moment of its own clock, which no zone and no daylight saving moves. */
export function stateOf({ truth, openedAt, heardAt, failedAt }, at) {
  const broken = failedAt !== null && at - failedAt > ERROR_GRACE;
  if (broken || at - (heardAt ?? openedAt) > SILENCE) return "disconnected";
  if (truth) return truth.state;
  return at - openedAt > LOADING ? "disconnected" : "loading";
}

/** The authority's clock, in milliseconds, *at* a moment of the page's; null if nobody has told us the time. */
export function clockAt({ truth, heardAt }, at) {
  return truth ? Date.parse(truth.now) + (at - heardAt) * (truth.speed ?? 1) : null;
}

export function moment(link, at) {
  const state = stateOf(link, at);
  return { state, truth: link.truth, now: clockAt(link, at), since: clockAt(link, link.heardAt) };
}

/** One message; anything but a whole truth with a state and a time we know is refused. */
export function decode(text) {
  const truth = JSON.parse(text);
  if (!STATES.includes(truth.state)) throw new TypeError(`no such state of a board: ${truth.state}`);
  if (truth.state === "delayed" && !truth.complete_to) throw new TypeError("a delayed board without the time it is complete to");
  if (Number.isNaN(Date.parse(truth.now))) throw new TypeError("a board without the time");
  return truth;
}
