/* Painting: every node is made once, and only what differs is written, so that a page never grows. */

const LIVE_REGION_MS = 60_000; // a screen reader hears the lead at most this often
const SHAPES = {
  circle: "M10 2a8 8 0 1 1 0 16a8 8 0 1 1 0-16z",
  ring: "M10 2a8 8 0 1 1 0 16a8 8 0 1 1 0-16zM10 4.6a5.4 5.4 0 1 0 0 10.8a5.4 5.4 0 1 0 0-10.8z",
  triangle: "M10 1.5 19 18H1z",
  square: "M2 2h16v16H2z",
  pause: "M3 2h5v16H3zM12 2h5v16h-5z",
};
const SVG = "http://www.w3.org/2000/svg";
const CHARTS = { // by a class of theirs
  queue: { paths: ["axis", "later", "today", "late"], texts: 6, y: 111 },
  arrivals: { paths: ["band", "edges", "usual", "axis", "steps", "dot"], texts: 4 },
};

function attribute(node, name, value) {
  if (value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function svg(name, parent, className) {
  const node = parent.appendChild(document.createElementNS(SVG, name));
  if (className) node.setAttribute("class", className);
  return node;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A judgement: mark and word. */
function words(node) {
  const mark = document.createElementNS(SVG, "svg");
  mark.setAttribute("class", "mark");
  mark.setAttribute("viewBox", "0 0 20 20");
  mark.setAttribute("aria-hidden", "true");
  const shape = svg("path", mark);
  const text = document.createElement("span");
  return (is) => {
    attribute(node, "data-tone", is.tone);
    if (is.text === text.textContent && (is.mark ?? "") === (mark.dataset.shape ?? "")) return;
    text.textContent = is.text;
    mark.dataset.shape = is.mark ?? "";
    attribute(shape, "d", SHAPES[is.mark]);
    node.replaceChildren(...(is.mark ? [mark] : []), ...(is.text ? [text] : []));
  };
}

function plain(node) {
  return (is) => {
    attribute(node, "data-tone", is.tone);
    attribute(node, "datetime", is.datetime);
    if (node.dataset.figure) attribute(node, "data-value", is.value);
    if (is.hidden !== undefined && node.hidden !== is.hidden) node.hidden = is.hidden;
    if (!node.childElementCount) write(node, is.text);
  };
}

function bar(node) {
  return (is) => {
    attribute(node, "data-tone", is.tone);
    const width = is.share > 0 ? `${Math.max(1, is.share * 100).toFixed(1)}%` : "0"; // one child is seen
    if (node.style.width !== width) node.style.width = width;
  };
}

const chartOf = (node) => Object.keys(CHARTS).find((name) => node.classList.contains(name));

function chart(node) {
  const { paths, texts, y } = CHARTS[chartOf(node)];
  const drawn = paths.map((name) => [name, svg("path", node, name)]);
  const written = Array.from({ length: texts }, () => svg("text", node));
  return (is) => {
    attribute(node, "hidden", is.hidden ? "hidden" : undefined);
    attribute(node, "aria-label", is.label);
    for (const [name, path] of drawn) attribute(path, "d", is.paths[name]);
    written.forEach((text, n) => {
      const label = is.texts[n] ?? { text: "" };
      attribute(text, "x", label.x);
      attribute(text, "y", label.y ?? y);
      attribute(text, "text-anchor", label.anchor);
      write(text, label.text);
    });
  };
}

function atMostOnceAMinute(node) {
  const paint = words(node);
  let [said, saidAt] = ["", -LIVE_REGION_MS];
  return (is) => {
    if (is.text !== said) {
      const due = performance.now() - saidAt >= LIVE_REGION_MS;
      attribute(node, "aria-live", due ? "polite" : "off");
      if (due) saidAt = performance.now();
      said = is.text;
    }
    paint(is);
  };
}

function banner(node) {
  return (is) => {
    attribute(node, "data-tone", is.tone);
    node.classList.toggle("banner", is.banner);
  };
}

function painterOf(node) {
  const name = node.dataset.slot;
  if (node.classList.contains("chart")) return chart(node);
  if (name === "banner") return banner(node);
  if (name === "lead") return atMostOnceAMinute(node);
  if (node.classList.contains("bar")) return bar(node);
  return node.classList.contains("status") ? words(node) : plain(node);
}

/** Return what paints a picture on this page. */
export function painting() {
  const painters = [...document.querySelectorAll("[data-slot]")].map((node) => [node.dataset.slot, painterOf(node)]);
  return ({ state, title, slots }) => {
    attribute(document.documentElement, "data-state", state);
    if (document.title !== title) document.title = title;
    for (const [name, paint] of painters) paint(slots[name]);
  };
}
