/* A share of those that came in over a month, and how many of them are undecided. On a board of one team they are those
 * that the team received, whoever has them now. Option *none*: what is said, before its month, where there is none. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { NOTHING, isOfFew, valueOf } from "./view.js";
import { month, number, shortMonth } from "./words.js";

function detail(figure, view) {
  const received = view.team ? `received here, ${shortMonth(figure.from)}` : `received in ${shortMonth(figure.from)}`;
  return isOfFew(figure) ? received : `${number(figure.numerator)} of ${number(figure.denominator)} ${received}`;
}

export const share_with_undecided = {
  className: "sent",
  asks: ["share"],
  options: ["none"],

  build: (tile) => [
    heading(tile),
    element("div", { class: "pair" },
      paragraph("figure calm", place(tile.id, tile.figures.share), unit(`${tile.id}_unit`, "%")),
      element("div", {},
        paragraph("figure second", place(`${tile.id}_undecided`, "undecided")),
        line("detail", `${tile.id}_undecided_word`))),
    line("status small", `${tile.id}_detail`),
  ],

  paint(view, { id, options, ...tile }) {
    const { figures: { share: figure }, loaded } = view.of(tile);
    const [share, shareUnit] = view.shareOrCount(figure, loaded);
    const known = loaded && valueOf(figure) !== null;
    const undecided = known ? figure.beside?.undecided ?? null : null;
    return {
      [id]: share,
      [`${id}_unit`]: shareUnit,
      [`${id}_detail`]: known
        ? { text: detail(figure, view) }
        : view.word(figure, loaded, () => ({ text: `${options.none} in ${month(figure.from)}` })),
      [`${id}_undecided`]: undecided === null ? NOTHING : { text: number(undecided), value: undecided },
      [`${id}_undecided_word`]: { text: undecided === null ? "" : "undecided" },
    };
  },
};
