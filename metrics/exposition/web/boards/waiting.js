/* How many wait, how many of them are due or late, and the queue: one mark for each. What can still be saved comes before
 * what is late. Option *of_team*: the title on a board of one team, where those count that stand in it now. */

import { queueChart } from "./charts.js";
import { chart, element, heading, line, paragraph, place } from "./dom.js";
import { DUE, GOOD, LATE, NOTHING, byDay, sum, valueOf } from "./view.js";
import { daySeenFrom, number, weekday } from "./words.js";

function laterWord(later, view) {
  const n = sum(later.map(([, figure]) => figure));
  if (!n) return NOTHING;
  const [day] = later[0];
  const near = view.onThePage ? daySeenFrom(day, view.day) : weekday(day);
  return { mark: "circle", text: `${number(n)} due ${later.length === 1 ? near : "later"}` };
}

export const waiting = {
  className: "waiting",
  asks: ["waiting", "due", "overdue"],
  options: ["of_team"],

  build: (tile) => [
    heading(tile, `${tile.id}_title`),
    element("div", { class: "beside" },
      paragraph("figure hero", place(tile.id, tile.figures.waiting)),
      element("div", { class: "dues" },
        ...["word", "today", "later", "late"].map((name) => line("status", `${tile.id}_${name}`)))),
    chart("queue", tile.drawing, [600, 118]),
  ],

  paint(view, { id, title, options, ...tile }) {
    const { figures: { waiting: all, due, overdue }, loaded, drawing } = view.of(tile);
    const word = view.word(all, loaded, (n) => (n === 0 ? { ...GOOD, text: "None waiting" } : null));
    const known = word === null && !(due ?? []).some((figure) => figure.suppressed) && !overdue?.suppressed;
    const days = byDay(due);
    const today = sum([days.get(view.day)].filter(Boolean));
    const later = [...days].filter(([day, figure]) => day !== view.day && valueOf(figure));
    const late = valueOf(overdue) ?? 0;
    return {
      [`${id}_title`]: { text: view.team ? options.of_team : title },
      [id]: view.count(all, loaded),
      [`${id}_word`]: word ?? NOTHING,
      [`${id}_late`]: known && late ? { ...LATE, text: `${number(late)} late` } : NOTHING,
      [`${id}_today`]: known && today ? { ...DUE, text: `${number(today)} due ${view.today()}` } : NOTHING,
      [`${id}_later`]: known ? laterWord(later, view) : NOTHING,
      [tile.drawing]: known ? queueChart(drawing, { late, today }) : queueChart(null),
    };
  },
};
