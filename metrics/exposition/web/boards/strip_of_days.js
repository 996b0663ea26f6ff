/* How many reach their day on each of the next working days. Options: *days* that there is room for, and *slots*, what
 * the places of a day are called: `day_0`, `day_1` and so on. */

import { element, heading, line, paragraph, place } from "./dom.js";
import { DUE, NOTHING, byDay } from "./view.js";
import { dayOfMonth, daysBetween, weekday } from "./words.js";

const slotsOf = ({ days, slots }) => Array.from({ length: days }, (_, n) => `${slots}_${n}`);

const column = (slot) => element("div", { class: "day", slot },
  paragraph("n", place(`${slot}_n`, slot)),
  element("div", { class: "bar", slot: `${slot}_bar` }),
  line("status", `${slot}_word`),
  line("detail", `${slot}_date`));

const AHEAD = 7; // days: as far as the name of a weekday tells which it is

/** Dates stand under the days where their names are not enough: over holidays, and in figures of an earlier day. */
function needsDates(days, view) {
  return days.length > 0 && (!view.onThePage || daysBetween(view.day, days.at(-1).on) > AHEAD);
}

function wordOf(day, isToday, tone, view) {
  return isToday && view.onThePage ? { ...(tone && DUE), text: "Today" } : { text: weekday(day.on) };
}

export const strip_of_days = {
  className: "due",
  asks: ["due"],
  options: ["slots", "days"],

  build: (tile) => [heading(tile), element("div", { class: "days" }, ...slotsOf(tile.options).map(column))],

  paint(view, { options, ...tile }) {
    const { figures: { due }, loaded, drawing } = view.of(tile);
    const days = drawing?.days ?? [];
    const figures = byDay(due);
    const most = Math.max(1, ...days.map(({ n }) => n));
    const none = { ...view.count(null), share: 0 };
    const dated = needsDates(days, view);
    const slots = {};
    slotsOf(options).forEach((slot, n) => {
      const day = days[n];
      const isToday = day?.on === view.day;
      const tone = isToday && view.onThePage && day.n ? "warn" : undefined;
      slots[slot] = { hidden: days.length > 0 ? !day : n > 0, text: "", tone: isToday ? "today" : undefined };
      slots[`${slot}_n`] = day ? view.count(figures.get(day.on) ?? { value: day.n }, loaded) : none;
      slots[`${slot}_bar`] = { share: (day?.n ?? 0) / most, tone };
      slots[`${slot}_word`] = day ? wordOf(day, isToday, tone, view) : view.word(due, loaded, () => NOTHING);
      slots[`${slot}_date`] = { text: dated && day ? dayOfMonth(day.on) : "", hidden: !dated };
    });
    return slots;
  },
};
