/* The tiles of a board, as its declaration has them: built once, each in its place, then painted from every message. */

import { COMPONENTS } from "./components.js";
import { element } from "./dom.js";
import { View } from "./view.js";

const ROWS_ABOVE = 2; // the head and the lead, in the grid of board.css

/** The component of a tile; throws where there is none, or the tile lacks a figure or an option that it asks for. */
function componentOf(tile) {
  const component = COMPONENTS[tile.component];
  if (!component) throw new TypeError(`tile ${tile.id}: no component ${tile.component}: there are ${Object.keys(COMPONENTS).join(", ")}`);
  const missing = component.asks.find((role) => !(role in tile.figures));
  if (missing) throw new TypeError(`tile ${tile.id}: component ${tile.component} asks for a figure "${missing}"`);
  const untold = (component.options ?? []).find((name) => !(name in tile.options));
  if (untold) throw new TypeError(`tile ${tile.id}: component ${tile.component} asks for an option "${untold}"`);
  return component;
}

function section(tile) {
  const { build, className } = componentOf(tile);
  const node = element("section", { class: className, "aria-labelledby": tile.id }, ...build(tile));
  const { row, column, columns } = tile.area;
  node.style.gridArea = `${row + ROWS_ABOVE} / ${column} / span 1 / span ${columns}`;
  node.dataset.edge = Object.keys(tile.edges).filter((edge) => tile.edges[edge]).join(" ");
  return node;
}

/** Return the tiles of a board, to be put into the page. */
export const sections = ({ tiles }) => tiles.map(section);

/** The slots below the head, and whether the figures are of the day that the page's clock shows. */
export function paintTiles({ tiles }, moment) {
  const view = new View(moment);
  const slots = tiles.map((tile) => componentOf(tile).paint(view, tile));
  return { slots: Object.assign({}, ...slots), onThePage: view.onThePage };
}
