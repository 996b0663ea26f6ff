/* A share, and how many are undecided beside it. Option *none*: what is said, before its month, where there is none. */

import { element, heading, line, paragraph, place, unit } from "./dom.js";
import { NOTHING, valueOf } from "./view.js";
import { month, number, shortMonth } from "./words.js";

export const share_with_undecided = {
  className: "sent",
  asks: ["share"],
  options: ["none"],

  build: (tile) => [
    heading(tile),
    element("div", { class: "pair" },
      paragraph("figure calm", place(tile.id, tile.figures.share), unit(`${tile.id}_unit`, "%")),
      paragraph("figure second", place(`${tile.id}_undecided`, "undecided")),
      line("status small", `${tile.id}_detail`),
      line("detail", `${tile.id}_undecided_word`)),
  ],

  paint(view, { id, options, ...tile }) {
    const { figures: { share: figure }, loaded } = view.of(tile);
    const [share, shareUnit] = view.share(figure, loaded);
    const known = loaded && valueOf(figure) !== null;
    const undecided = known ? figure.beside?.undecided ?? null : null;
    return {
      [id]: share,
      [`${id}_unit`]: shareUnit,
      [`${id}_detail`]: known
        ? { text: `${number(figure.numerator)} of ${number(figure.denominator)}, ${shortMonth(figure.from)}` }
        : view.word(figure, loaded, () => ({ text: `${options.none} in ${month(figure.from)}` })),
      [`${id}_undecided`]: undecided === null ? NOTHING : { text: number(undecided), value: undecided },
      [`${id}_undecided_word`]: { text: undecided === null ? "" : "undecided" },
    };
  },
};
