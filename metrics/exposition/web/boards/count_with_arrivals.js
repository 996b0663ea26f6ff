/* How many arrived today, against what is usual for this weekday and hour. Options: *one* and *many* of what arrives. */

import { arrivalsChart } from "./charts.js";
import { chart, element, heading, line, paragraph, place } from "./dom.js";
import { NOTHING } from "./view.js";
import { counted, longWeekday, number, time } from "./words.js";

function usualWord(arrivals, day) {
  if (!arrivals) return NOTHING;
  if (arrivals.without === "closed_day") return { text: "the office is closed" };
  if (arrivals.without === "history") return { text: `no usual yet, ${arrivals.days} of ${arrivals.wanted}` };
  if (arrivals.more === 0) return { text: arrivals.received ? `usual for a ${day}` : "none yet, as usual" };
  return arrivals.more > 0
    ? { text: `↑ ${number(arrivals.more)} more than usual` } : { text: `↓ ${number(-arrivals.more)} fewer than usual` };
}

function sentence(arrivals, { one, many }, day, now) {
  if (!arrivals) return "";
  const usual = {
    closed_day: ". The office is closed: there is no usual",
    history: `. What is usual will be known after ${arrivals.wanted} ${day}s, ${arrivals.days} of them are there`,
  }[arrivals.without] ?? `, ${number(arrivals.usual_now)} are usual for a ${day}`;
  return `${counted(arrivals.received, one, many)} received by ${now === null ? "now" : time(now)}${usual}`;
}

export const count_with_arrivals = {
  className: "received",
  asks: ["received"],
  options: ["one", "many"],

  build: (tile) => [
    element("div", {},
      heading(tile, `${tile.id}_title`),
      paragraph("figure calm", place(tile.id, tile.figures.received)),
      line("status small", `${tile.id}_word`)),
    chart("arrivals", tile.drawing, [400, 186]),
  ],

  paint(view, { id, title, options, ...tile }) {
    const { figures: { received: figure }, loaded, drawing: arrivals } = view.of(tile);
    const day = arrivals ? longWeekday(arrivals.day) : "";
    const known = loaded && figure && !figure.suppressed;
    return {
      [`${id}_title`]: { text: `${title} ${view.today()}` },
      [id]: view.count(figure, loaded),
      [`${id}_word`]: view.word(figure, loaded, () => usualWord(arrivals, day)),
      [tile.drawing]: known ? arrivalsChart(arrivals, sentence(arrivals, options, day, view.now)) : arrivalsChart(null),
    };
  },
};
