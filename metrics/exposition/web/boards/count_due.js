/* How many are due in the days that the authority looks ahead, how many are late besides, and what came in this week.
 * Options: *within* names the setting that says how many days those are, *one* and *many* what came in. */

import { element, heading, line, paragraph, place } from "./dom.js";
import { GOOD, LATE, NOTHING, sum, valueOf } from "./view.js";
import { counted, number } from "./words.js";

function titleOf(title, within) {
  if (!within) return `${title} due`;
  const dueIn = within > 9 ? `${title} in` : `${title} due in`; // two digits leave no room for more
  return `${dueIn} ${counted(within, "day", "days")}`;
}

export const count_due = {
  className: "conferences",
  asks: ["due", "overdue", "week"],
  options: ["within", "one", "many"],

  build: (tile) => [
    heading({ ...tile, title: titleOf(tile.title) }, `${tile.id}_title`),
    element("div", { class: "beside" },
      paragraph("figure calm", place(tile.id, tile.figures.due)),
      line("status", `${tile.id}_word`)),
    line("detail strong", `${tile.id}_detail`),
  ],

  paint(view, { id, title, options, ...tile }) {
    const { figures: { due, overdue, week }, loaded } = view.of(tile);
    const few = (due ?? []).some((figure) => figure.suppressed);
    const all = due && { suppressed: few, value: sum(due) };
    const cameIn = loaded ? valueOf(week) : null;
    return {
      [`${id}_title`]: { text: titleOf(title, view.truth[options.within]) },
      [id]: view.count(all, loaded),
      [`${id}_word`]: view.word(overdue, loaded, (late) =>
        few ? NOTHING : late ? { ...LATE, text: `and ${number(late)} late` } : { ...GOOD, text: "None late" }),
      [`${id}_detail`]: {
        text: cameIn === null
          ? "" : `${counted(cameIn, options.one, options.many)} ${view.onThePage ? "this week" : "that week"}`,
      },
    };
  },
};
