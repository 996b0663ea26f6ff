/* A share of the month, judged by its target, and beside it that of the day, which in the morning is of one or two. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { DUE, GOOD, LATE, NOTHING, isOfFew, valueOf } from "./view.js";
import { month, number, shortMonth, targetText } from "./words.js";

const JUDGEMENTS = {
  on_target: { ...GOOD, text: "On target" },
  near_target: { ...DUE, text: "Just below" },
  below_target: { ...LATE, text: "Below target" },
};

const of = (figure) => `${number(figure.numerator)} of ${number(figure.denominator)}`;

function monthDetail(inMonth, loaded) {
  if (!loaded || !inMonth?.from) return "";
  if (valueOf(inMonth) === null) return month(inMonth.from);
  return isOfFew(inMonth) ? `so far in ${month(inMonth.from)}` : `${shortMonth(inMonth.from)}, ${of(inMonth)}`;
}

function dayDetail(ofDay, loaded, view) {
  if (!loaded || !ofDay || ofDay.suppressed) return "";
  if (valueOf(ofDay) === null) return `${view.today()}, none yet`;
  return isOfFew(ofDay) ? view.today() : `${view.today()}, ${of(ofDay)}`;
}

export const share_of_day = {
  className: "decided",
  asks: ["day", "month"],

  build: (tile) => [
    heading(tile),
    element("div", { class: "pair" },
      paragraph("figure", place(tile.id, tile.figures.month), unit(`${tile.id}_unit`, "%")),
      paragraph("figure second", place(`${tile.id}_day`, tile.figures.day), unit(`${tile.id}_day_unit`, "%")),
      line("detail strong", `${tile.id}_detail`),
      line("detail", `${tile.id}_day_detail`)),
    element("div", { class: "judgement" }, line("status", `${tile.id}_word`), line("detail", `${tile.id}_target`)),
  ],

  paint(view, { id, ...tile }) {
    const { figures: { day: ofDay, month: inMonth }, loaded } = view.of(tile);
    const [share, shareUnit] = view.shareOrCount(inMonth, loaded);
    const [second, secondUnit] = view.shareOrCount(ofDay, loaded);
    const known = loaded && inMonth && !inMonth.suppressed;
    return {
      [id]: share,
      [`${id}_unit`]: shareUnit,
      [`${id}_day`]: view.state === "loading" ? NOTHING : second,
      [`${id}_day_unit`]: secondUnit,
      [`${id}_detail`]: { text: monthDetail(inMonth, loaded) },
      [`${id}_day_detail`]: { text: dayDetail(ofDay, loaded, view) },
      [`${id}_word`]: view.word(inMonth, loaded, (value) => {
        if (value === null) return { text: "None settled yet" };
        return JUDGEMENTS[inMonth.status] ?? (inMonth.status === "too_few" ? { text: "Too few to judge" } : NOTHING);
      }),
      [`${id}_target`]: { text: known && typeof inMonth.target === "number" ? targetText(inMonth.target) : "" },
    };
  },
};
