/* How long the longest has waited, in office hours, and whether that is late. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { DUE, GOOD, LATE, byDay, valueOf } from "./view.js";
import { hoursAndMinutes, number, opening, weekday } from "./words.js";

const isNone = (n) => n === null || n === undefined;

function detail(waited, { office }, now) {
  if (!waited) return "";
  const closed = office?.open === false && Date.parse(office.opens_at) > now;
  return closed ? `office hours; they start ${opening(office.opens_at, now)}` : "in office hours";
}

export const longest_wait = {
  className: "longest",
  asks: ["longest", "due", "overdue"],

  build: (tile) => [
    heading(tile),
    paragraph("figure",
      place(`${tile.id}_hours`, tile.figures.longest), unit(`${tile.id}_hours_unit`, "h"), " ",
      element("span", { slot: `${tile.id}_minutes`, hidden: "" }), unit(`${tile.id}_minutes_unit`, "m")),
    line("detail", `${tile.id}_detail`),
    line("status", `${tile.id}_word`),
  ],

  paint(view, { id, ...tile }) {
    const { figures: { longest: figure, due, overdue }, loaded } = view.of(tile);
    const waited = loaded && valueOf(figure) !== null ? hoursAndMinutes(valueOf(figure)) : null;
    const first = [...byDay(due)].find(([, each]) => valueOf(each))?.[0];
    const none = view.count(figure && { ...figure, value: null }, loaded);
    const [noHours, noMinutes] = [isNone(waited?.hours), isNone(waited?.minutes)];
    return {
      [`${id}_hours`]: waited ? { text: noHours ? "" : number(waited.hours), value: valueOf(figure) } : none,
      [`${id}_hours_unit`]: { text: "h", hidden: noHours },
      [`${id}_minutes`]: { text: noMinutes ? "" : String(waited.minutes), hidden: noMinutes },
      [`${id}_minutes_unit`]: { text: "m", hidden: noMinutes },
      [`${id}_detail`]: { text: detail(waited, view.truth, view.now) },
      [`${id}_word`]: view.word(figure, loaded, (value) => {
        if (value === null) return { text: "None waiting" };
        if (valueOf(overdue)) return { ...LATE, text: "Late" };
        if (first === view.day) return { ...DUE, text: view.onThePage ? "Due today" : `Due ${weekday(first)}` };
        return { ...GOOD, text: "In time" };
      }),
    };
  },
};
