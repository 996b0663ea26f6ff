/* A wallboard. Each message is the whole small truth; the page keeps the last, knows how old it is, and draws it.
 * Only this file, tiles.js, paint.js and link.js touch the page or the network. */

import { fitting } from "./fit.js";
import { PAUSED, head } from "./head.js";
import { Link, Watch } from "./link.js";
import { painting } from "./paint.js";
import { moment } from "./state.js";
import { paintTiles, sections } from "./tiles.js";

const TICK_MS = 500;
const LONGEST_PAUSE_MS = 300_000; // a screen on a wall must not stand still because somebody brushed a key
const POINTER_MS = 3_000;         // how long the button stays after the pointer has moved

/** Put the title and the tiles that a board declares into the page. */
function build(board) {
  document.body.dataset.board = board.name;
  document.querySelector("h1 b").textContent = board.title;
  document.querySelector(".pause").before(...sections(board));
}

/** Everything the page shows at a *moment*: the text, mark and tone of each slot. */
export function picture(board, moment) {
  const { slots, onThePage } = paintTiles(board, moment);
  const above = head(moment, onThePage);
  if (moment.paused) above.light = PAUSED;
  const { name, team } = moment.truth ?? {};
  const title = [`${board.title} board`, name, team, above.light.text].filter(Boolean).join(", ");
  return { state: moment.state, title, slots: { ...above, ...slots } };
}

function address(board) {
  const asked = new URLSearchParams({ board: board.name });
  const here = new URLSearchParams(location.search);
  for (const name of ["authority", "team"]) if (here.get(name)) asked.set(name, here.get(name));
  return `/v1/live?${asked}`;
}

/** A button for somebody who reads at a desk: it stops what moves, for some minutes. *show* paints a last picture. */
function pausing(button, show) {
  let until = null;
  let hide = null;
  const set = (paused) => {
    until = paused ? performance.now() + LONGEST_PAUSE_MS : null;
    button.textContent = paused ? "Paused. Go on" : "Pause";
    button.classList.toggle("paused", paused);
    show(paused);
  };
  button.addEventListener("click", () => set(until === null));
  document.addEventListener("pointermove", () => {
    document.body.classList.add("pointer");
    clearTimeout(hide);
    hide = setTimeout(() => document.body.classList.remove("pointer"), POINTER_MS);
  });
  return (state) => {
    if (until !== null && (state !== "live" || performance.now() > until)) set(false); // bad news is never held back
    return until !== null;
  };
}

function start(board) {
  build(board);
  const [paintSlots, fit] = [painting(), fitting()];
  const paint = (shown) => {
    paintSlots(shown);
    fit();
  };
  addEventListener("resize", fit);
  const watch = new Watch();
  const now = () => moment(link, watch.now());
  const draw = () => {
    const current = now();
    if (!paused(current.state)) paint(picture(board, current));
  };
  const readable = (truth) => picture(board, { state: truth.state, truth, now: Date.parse(truth.now), since: null });
  const paused = pausing(document.querySelector(".pause"), (paused) => paint(picture(board, { ...now(), paused })));
  const link = new Link(address(board), watch, draw, readable);
  draw();
  setInterval(() => {
    link.tick();
    draw();
  }, TICK_MS);
}

const declaration = globalThis.document?.getElementById("declaration");
if (declaration) {
  try {
    start(JSON.parse(declaration.textContent));
  } catch (error) {
    document.querySelector("[data-slot=alert]").textContent = `This board cannot be built: ${error.message}`;
  }
}
