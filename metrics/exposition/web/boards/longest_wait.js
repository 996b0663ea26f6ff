/* How long the longest has waited, in working days and office hours, and whether that is late. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { DUE, GOOD, LATE, NOTHING, byDay, valueOf } from "./view.js";
import { hoursAndMinutes, number, opening, weekday } from "./words.js";

const isNone = (n) => n === null || n === undefined;

/** The two numbers of a wait, each with its unit: days and hours from the first day on, before that hours and minutes. */
function said(hours, wait) {
  if (wait?.days) return [[wait.days, wait.days === 1 ? "day" : "days"], [Math.floor(wait.hours + 1e-6), "h"]];
  const waited = hoursAndMinutes(hours);
  return [[waited.hours, "h"], [waited.minutes, "m"]];
}

/** All of it in office hours, as the figure has it everywhere else. */
function inHours(value) {
  const { hours, minutes } = hoursAndMinutes(value);
  return isNone(minutes) ? `${number(hours)} h` : `${hours ?? 0} h ${minutes} m`;
}

function detail(value, wait, { office }, now) {
  if (value === null) return "";
  const closed = office?.open === false && Date.parse(office.opens_at) > now;
  if (wait?.days) return closed ? `working days; next ${opening(office.opens_at, now)}` : `working days (${inHours(value)})`;
  return closed ? `office hours; they start ${opening(office.opens_at, now)}` : "in office hours";
}

export const longest_wait = {
  className: "longest",
  asks: ["longest", "due", "overdue"],

  build: (tile) => [
    heading(tile),
    paragraph("figure",
      place(`${tile.id}_first`, tile.figures.longest), unit(`${tile.id}_first_unit`, "h"), " ",
      element("span", { slot: `${tile.id}_second`, hidden: "" }), unit(`${tile.id}_second_unit`, "m")),
    line("detail", `${tile.id}_detail`),
    line("status", `${tile.id}_word`),
  ],

  paint(view, { id, ...tile }) {
    const { figures: { longest: figure, due, overdue }, loaded, drawing: wait } = view.of(tile);
    const value = loaded ? valueOf(figure) : null;
    const [[n, unitOfN], [m, unitOfM]] = value === null ? [[], []] : said(value, wait);
    const first = [...byDay(due)].find(([, each]) => valueOf(each))?.[0];
    const none = view.count(figure && { ...figure, value: null }, loaded);
    return {
      [`${id}_first`]: value === null ? none : { text: isNone(n) ? "" : number(n), value },
      [`${id}_first_unit`]: { text: unitOfN ?? "", hidden: isNone(n) },
      [`${id}_second`]: { text: isNone(m) ? "" : String(m), hidden: isNone(m) },
      [`${id}_second_unit`]: { text: unitOfM ?? "", hidden: isNone(m) },
      [`${id}_detail`]: { text: detail(value, wait, view.truth, view.now) },
      [`${id}_word`]: view.word(figure, loaded, (waits) => {
        if (waits === null) return { text: "None waiting" };
        if (valueOf(overdue)) return { ...LATE, text: "Late" };
        if (first === view.day) return { ...DUE, text: view.onThePage ? "Due today" : `Due ${weekday(first)}` };
        return { ...GOOD, text: "In time" };
      }),
    };
  },
};
