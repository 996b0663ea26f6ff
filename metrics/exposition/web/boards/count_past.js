/* How many are past their day. */

import { element, heading, line, paragraph, place } from "./dom.js";
import { GOOD, LATE, valueOf } from "./view.js";

export const count_past = {
  className: "past",
  asks: ["past"],

  build: (tile) => [
    heading(tile),
    element("div", { class: "day" },
      paragraph("n", place(tile.id, tile.figures.past)),
      element("div", { class: "bar", slot: `${tile.id}_bar` }),
      line("status", `${tile.id}_word`)),
  ],

  paint(view, { id, ...tile }) {
    const { figures: { past: figure }, loaded } = view.of(tile);
    const late = loaded && valueOf(figure);
    return {
      [id]: { ...view.count(figure, loaded), ...(late && { tone: "late" }) },
      [`${id}_bar`]: { share: late ? 1 : 0, tone: "late" },
      [`${id}_word`]: view.word(figure, loaded, (n) => (n ? { ...LATE, text: "Late" } : { ...GOOD, text: "None late" })),
    };
  },
};
