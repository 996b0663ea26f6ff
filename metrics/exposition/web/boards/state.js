/* What a page may claim: plain functions of the last message, and of when it came. */

export const LOADING_MS = 1_000;     // a page that has heard nothing for so long says so
export const SILENCE_MS = 40_000;    // the server speaks every few seconds
export const ERROR_GRACE_MS = 5_000; // a restart of the server is shorter than this

const STATES = ["live", "delayed", "rebuilding", "store_away", "empty", "unknown_team"];

/** The state of the page *at* so many milliseconds of its own clock, which no zone and no daylight saving moves. */
export function stateOf({ truth, openedAt, heardAt, failedAt }, at) {
  const broken = failedAt !== null && at - failedAt > ERROR_GRACE_MS;
  if (broken || at - (heardAt ?? openedAt) > SILENCE_MS) return "disconnected";
  if (truth) return truth.state;
  return at - openedAt > LOADING_MS ? "disconnected" : "loading";
}

/** The authority's clock, in milliseconds since 1970, *at* so many of the page's; null while no message has said the time. */
export function clockAt({ truth, heardAt }, at) {
  return truth ? Date.parse(truth.now) + (at - heardAt) * (truth.speed ?? 1) : null;
}

export function moment(link, at) {
  const state = stateOf(link, at);
  return { state, truth: link.truth, now: clockAt(link, at), since: clockAt(link, link.heardAt) };
}

/** Return one message as it came; throws unless it has a state that we know, and the times that go with it. */
export function decode(text) {
  const truth = JSON.parse(text);
  if (!STATES.includes(truth.state)) throw new TypeError(`no such state of a board: ${truth.state}`);
  if (truth.state === "delayed" && !truth.as_of) throw new TypeError("a delayed board without the time that it is of");
  if (Number.isNaN(Date.parse(truth.now))) throw new TypeError("a board without the time");
  return truth;
}
