/* A share of the day beside that of the month, judged by its target: by the month's, while the day's are too few. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { DUE, GOOD, LATE, NOTHING, valueOf } from "./view.js";
import { month, number, shortMonth, targetText } from "./words.js";

const JUDGEMENTS = {
  on_target: { ...GOOD, text: "On target" },
  near_target: { ...DUE, text: "Just below" },
  below_target: { ...LATE, text: "Below target" },
};

const judgedOf = (figures) => figures.find((figure) => figure && !figure.suppressed && JUDGEMENTS[figure.status]);

function dayDetail(ofDay, known, ofMonth, view) {
  if (known && valueOf(ofDay) !== null) return `${view.today()}, ${number(ofDay.numerator)} of ${number(ofDay.denominator)}`;
  return ofMonth ? "none settled yet" : "";
}

function monthDetail(inMonth, loaded, ofMonth, target) {
  if (!loaded || !inMonth?.from) return "";
  return ofMonth ? `${shortMonth(inMonth.from)}, ${target}` : month(inMonth.from);
}

export const share_of_day = {
  className: "decided",
  asks: ["day", "month"],

  build: (tile) => [
    heading(tile),
    element("div", { class: "pair" },
      paragraph("figure", place(tile.id, tile.figures.day), unit(`${tile.id}_unit`, "%")),
      paragraph("figure second", place(`${tile.id}_month`, tile.figures.month), unit(`${tile.id}_month_unit`, "%")),
      line("detail", `${tile.id}_detail`),
      line("detail", `${tile.id}_month_detail`)),
    element("div", { class: "judgement" }, line("status", `${tile.id}_word`), line("detail", `${tile.id}_target`)),
  ],

  paint(view, { id, ...tile }) {
    const { figures: { day: ofDay, month: inMonth }, loaded } = view.of(tile);
    const [share, shareUnit] = view.share(ofDay, loaded);
    const [second, secondUnit] = view.share(inMonth, loaded);
    const judged = judgedOf([ofDay, inMonth]);
    const known = loaded && ofDay && !ofDay.suppressed;
    const ofMonth = known && judged && judged === inMonth; // of the day's there are too few yet
    const target = loaded && typeof ofDay?.target === "number" ? targetText(ofDay.target) : "";
    return {
      [id]: share,
      [`${id}_unit`]: shareUnit,
      [`${id}_month`]: view.state === "loading" ? NOTHING : second,
      [`${id}_month_unit`]: secondUnit,
      [`${id}_detail`]: { text: dayDetail(ofDay, known, ofMonth, view) },
      [`${id}_month_detail`]: { text: monthDetail(inMonth, loaded, ofMonth, target) },
      [`${id}_word`]: view.word(ofDay, loaded, (value) => {
        if (judged) return JUDGEMENTS[judged.status];
        if (value === null) return { text: "None settled yet" };
        return ofDay.status === "too_few" ? { text: "Too few to judge" } : NOTHING;
      }),
      [`${id}_target`]: { text: ofMonth ? `for ${month(inMonth.from)}` : known ? target : "" },
    };
  },
};
