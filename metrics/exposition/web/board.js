/* A wallboard. The server tells the whole small truth each time; this page keeps the last one, knows how old it is,
 * and draws a picture. Only this file and those that paint and listen touch the world. */

import { head } from "./head.js";
import { Link, Watch } from "./link.js";
import { painting } from "./paint.js";
import { moment } from "./state.js";
import { tiles } from "./tiles.js";

const TICK = 500;
const LONGEST_PAUSE = 300_000; // a screen on a wall must not stand still because somebody brushed a key
const POINTER = 3_000;         // how long the button stays after the pointer has moved

/** Everything the page shows: the text, mark and tone of each slot. */
export function picture(told) {
  const { slots, onThePage } = tiles(told);
  const above = head(told, onThePage);
  const title = ["MASH board", told.truth?.name, told.truth?.team, above.light.text].filter(Boolean).join(", ");
  return { state: told.state, title, slots: { ...above, ...slots } };
}

function address(board) {
  const asked = new URLSearchParams({ board });
  const here = new URLSearchParams(location.search);
  for (const name of ["authority", "team"]) if (here.get(name)) asked.set(name, here.get(name));
  return `/v1/live?${asked}`;
}

/** A button for whoever reads at a desk: it stops what moves, for some minutes. */
function pausing(button, goOn) {
  let until = null;
  let hide = null;
  const set = (paused) => {
    until = paused ? performance.now() + LONGEST_PAUSE : null;
    button.textContent = paused ? "Paused. Go on" : "Pause";
    button.classList.toggle("paused", paused);
    if (!paused) goOn();
  };
  button.addEventListener("click", () => set(until === null));
  document.addEventListener("pointermove", () => {
    document.body.classList.add("pointer");
    clearTimeout(hide);
    hide = setTimeout(() => document.body.classList.remove("pointer"), POINTER);
  });
  return (state) => {
    if (until !== null && (state !== "live" || performance.now() > until)) set(false); // bad news is never held back
    return until !== null;
  };
}

function start(board) {
  const paint = painting();
  const watch = new Watch();
  const now = () => moment(link, watch.now());
  const draw = () => {
    const told = now();
    if (!paused(told.state)) paint(picture(told));
  };
  const readable = (truth) => picture({ state: truth.state, truth, now: Date.parse(truth.now), since: null });
  const paused = pausing(document.querySelector(".pause"), () => paint(picture(now())));
  const link = new Link(address(board), watch, draw, readable);
  draw();
  setInterval(() => {
    link.tick();
    draw();
  }, TICK);
}

if (globalThis.document?.body.dataset.board) start(document.body.dataset.board);
