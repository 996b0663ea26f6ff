/* Elements of a tile. A slot is a place that is painted again and again; `data-figure` says which figure stands there. */

const SVG = "http://www.w3.org/2000/svg";

function set(node, { slot, figure, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (slot) node.dataset.slot = slot;
  if (figure) node.dataset.figure = figure;
  node.append(...children);
  return node;
}

/** An element with attributes; *children* are nodes or text. */
export const element = (name, attributes = {}, ...children) => set(document.createElement(name), attributes, children);

export const paragraph = (className, ...children) => element("p", { class: className }, ...children);

/** A line that is painted: a judgement (class `status`) or plain words. */
export const line = (className, slot) => element("p", { class: className, slot });

/** The place of a number. */
export const place = (slot, figure) => element("span", { slot, figure });

/** The unit of a number, hidden until there is one. */
export const unit = (slot, text) => element("span", { class: "unit", slot, hidden: "" }, text);

/** The heading of a tile, which names its section too; with a *slot* it is painted. */
export const heading = ({ id, title }, slot) => element("h2", slot ? { id, slot } : { id }, title);

/** A drawing, empty and hidden until there is something to draw. */
export function chart(className, slot, [width, height]) {
  const attributes = { class: `chart ${className}`, viewBox: `0 0 ${width} ${height}`, role: "img", slot, hidden: "" };
  return set(document.createElementNS(SVG, "svg"), attributes, []);
}
