/* The home page: authorities, their boards, measures. It asks again by itself until there is something to show. */

const AGAIN_MS = 5_000;
const LATEST_MS = 60_000;
const TRIANGLE = "M10 1.5 19 18H1z";
const SQUARE = "M2 2h16v16H2z";

const byId = (id) => document.getElementById(id);
const BOARDS = JSON.parse(byId("declared").textContent); // by name and title, as the server declares them

function element(name, text, { className, href } = {}) {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  if (href) node.href = href;
  return node;
}

function line(...nodes) {
  const item = document.createElement("li");
  item.append(...nodes);
  return item;
}

function mark(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(document.createElementNS(svg.namespaceURI, "path")).setAttribute("d", path);
  return svg;
}

function say(state, heading, more, path) {
  document.documentElement.dataset.state = state;
  byId("says").replaceChildren(...(path ? [mark(path)] : []), element("span", heading));
  byId("more").replaceChildren(...more);
}

function addressOf(board, code, team) {
  return `/boards/${board}?${new URLSearchParams(team ? { authority: code, team } : { authority: code })}`;
}

/** A line for each board of an authority, and in it the boards of its teams. */
function lines({ authority: code, name, simulated, teams }) {
  return BOARDS.map((board) => {
    const link = element("a", `${board.title} board, ${name ?? code}`, { href: addressOf(board.name, code) });
    const made = simulated ? [element("span", "made-up figures", { className: "tag" })] : [];
    const item = line(link, element("span", code), ...made);
    if (teams.length) {
      const list = item.appendChild(element("ul", "", { className: "teams" }));
      list.setAttribute("aria-label", `Boards of one team, ${name ?? code}`);
      list.append(...teams.map((team) => line(element("a", team, { href: addressOf(board.name, code, team) }))));
    }
    return item;
  });
}

const measure = ({ name, title }) => line(element("span", title ?? name, { className: "title" }), element("code", name));

function show(section, list, items, asLine) {
  byId(list).replaceChildren(...items.flatMap(asLine));
  byId(section).hidden = items.length === 0;
}

/* Why no figures are shown, by the reason that the server gives. */
const WITHHELD = {
  rebuilding: ["Rebuilding: the figures are being counted again", "There are no numbers until it is done."],
  not_counting: ["Nothing is being counted", "The worker of casepulse is away: “casepulse doctor” says why."],
  other_version: ["Another version of casepulse counts", "Start this server in the version of its worker."],
  store_away: ["The store does not answer", "There are no numbers until it does."],
};

class Withheld extends Error {
  constructor(after, reason) {
    super(reason);
    this.words = WITHHELD[reason] ?? WITHHELD.rebuilding;
    this.afterMs = Math.min(LATEST_MS, Math.max(1, Number(after) || AGAIN_MS / 1000) * 1000);
  }
}

async function ask(address) {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  if (answer.status === 503) {
    const { reason } = await answer.json().catch(() => ({}));
    throw new Withheld(answer.headers.get("retry-after"), reason);
  }
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/** The teams that have anything for a board to show; none if that cannot be asked: the board itself is there. */
async function teamsOf({ authority: code }) {
  const asked = new URLSearchParams({ by: "team", window: "year", authority: code });
  for (const name of ["enquiries_received", "assessments_open"]) asked.append("measure", name);
  try {
    const answer = await fetch(`/v1/figures?${asked}`, { headers: { accept: "application/json" } });
    const { figures } = await answer.json();
    return [...new Set(figures.filter(({ numerator }) => numerator).map(({ team }) => team))].sort();
  } catch {
    return [];
  }
}

function empty() {
  say("empty", "No events have arrived yet", [
    element("code", "casepulse up"), " starts a made-up authority, ", element("code", "casepulse load"), " brings a real return.",
  ]);
}

function full(authorities) {
  const many = authorities.length === 1 ? authorities[0].name ?? "one authority" : `${authorities.length} authorities`;
  say("ready", `Live figures for ${many}`, ["Each board is made for a screen on a wall, and looks after itself."]);
}

function missing(problem) {
  show("boards", "authorities", [], lines);
  if (problem instanceof Withheld) {
    const [heading, more] = problem.words;
    say("withheld", heading, [`${more} This page asks again by itself.`], TRIANGLE);
    return problem.afterMs;
  }
  say("unreachable", "No connection", ["This page asks again by itself."], SQUARE);
  return AGAIN_MS;
}

async function look() {
  let again = null;
  const [measures, authorities] = await Promise.allSettled([ask("/v1/measures"), ask("/v1/authorities")]);
  if (measures.status === "fulfilled") show("measured", "measures", measures.value, measure);
  if (authorities.status === "rejected") again = missing(authorities.reason);
  else {
    const withTeams = await Promise.all(authorities.value.map(async (one) => ({ ...one, teams: await teamsOf(one) })));
    show("boards", "authorities", withTeams, lines);
    if (authorities.value.length) full(authorities.value);
    else { empty(); again = AGAIN_MS; }
  }
  if (again === null && measures.status === "rejected") again = AGAIN_MS;
  if (again !== null) setTimeout(look, again);
}

look();
