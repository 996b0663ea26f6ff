/* Names are never cut. What stands in one line is written smaller until it has room, and where it would be too small to
 * be read it takes a second line. */

const LEAST = 0.55; // of its size

function fitted(node) {
  node.style.fontSize = "";
  node.classList.remove("wraps");
  const is = getComputedStyle(node);
  if (is.whiteSpace !== "nowrap") return; // there is room to wrap
  const share = node.clientWidth / Math.max(1, node.scrollWidth);
  if (share >= 1 || !node.clientWidth) return;
  node.style.fontSize = `${parseFloat(is.fontSize) * Math.max(LEAST, share * 0.99)}px`;
  node.classList.toggle("wraps", share < LEAST);
}

/** Return what gives every line of the page its room; it does nothing while texts and screen are as they were. */
export function fitting() {
  const nodes = [...document.querySelectorAll("[data-fit]")];
  const around = [...document.querySelectorAll("header, .lead")];
  let before = "";
  return () => {
    const now = [innerWidth, innerHeight, ...around.map((node) => node.textContent)].join("\n");
    if (now === before) return;
    before = now;
    nodes.forEach(fitted);
  };
}
