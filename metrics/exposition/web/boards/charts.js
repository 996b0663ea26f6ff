/* The two charts of boards, as paths: a drawing of the message in, strings out. A unit is a tenth of a rem. */

const NONE = { hidden: true, label: "", paths: {}, texts: [] };

/* ---- the queue: one mark for each who waits ---- */

const BASE = 78;
const LEVELS = 3;
const MARK = 24;     // the room of one mark
const LEFT = 10;
const RIGHT = 500;   // the end of the axis where nobody waits longer than it
const EDGE = 590;
const GAP = 34;      // between the axis and those who wait longer
const TALL = 58;     // of the highest bar

const SHAPES = {
  later: (x, y) => `M${x - 10} ${y}a10 10 0 1 0 20 0a10 10 0 1 0 -20 0z`,
  today: (x, y) => `M${x} ${y - 13}l13.5 24h-27z`,
  late: (x, y) => `M${x - 9} ${y - 8}h18v18h-18z`,
};
const round = (x) => Math.round(x * 10) / 10;

/** Place marks on as few levels as hold them, each as near to its own place as there is room, within [LEFT, right]. */
function placed(xs, right) {
  const rows = Array.from({ length: LEVELS }, () => []);
  xs.forEach((x, number) => {
    const room = rows.map((row) => (row.length ? row.at(-1).x + MARK : -Infinity));
    const level = room.findIndex((free) => free <= x);
    const lowest = level >= 0 ? level : room.indexOf(Math.min(...room));
    rows[lowest].push({ number, level: lowest, x: Math.max(x, room[lowest]) });
  });
  for (const row of rows) {
    let limit = right;
    for (const mark of row.toReversed()) {
      mark.x = Math.min(mark.x, limit);
      limit = mark.x - MARK;
    }
  }
  return rows.flat();
}

function marksPaths(marks, x, end, longer) {
  const inside = marks.filter(({ hours }) => hours <= end.hours).sort((one, other) => one.hours - other.hours);
  const paths = { later: "", today: "", late: "" };
  for (const { number, level, x: at } of placed(inside.map(({ hours }) => x(hours)), end.x)) {
    const { due } = inside[number];
    paths[due] += SHAPES[due](round(at), BASE - 15 - MARK * level);
  }
  longer.forEach(({ due }, n) => {
    paths[due] += SHAPES[due](round(end.x + GAP + MARK / 2 + MARK * Math.floor(n / LEVELS)), BASE - 15 - MARK * (n % LEVELS));
  });
  return paths;
}

function binsPaths(bins, x, end, zone) {
  const most = Math.max(1, ...bins.map(({ late, today, later }) => late + today + later));
  const paths = { later: "", today: "", late: "" };
  for (const bin of bins) {
    const [from, to] = bin.to === null ? [end.x + GAP, end.x + GAP + zone] : [x(bin.from), x(bin.to)];
    let y = BASE - 1;
    for (const due of ["late", "today", "later"]) {
      const tall = (bin[due] / most) * TALL;
      if (tall) paths[due] += `M${round(from + 1)} ${round(y)}V${round(y - tall)}H${round(to - 1)}V${round(y)}z`;
      y -= tall;
    }
    const worst = bin.late ? "late" : bin.today ? "today" : null; // never told by colour alone
    if (worst) paths[worst] += worst === "late" ? `M${round((from + to) / 2 - 5)} ${round(y - 14)}h10v10h-10z` : `M${round((from + to) / 2)} ${round(y - 16)}l7 12h-14z`;
  }
  return paths;
}

export function queueChart(queue, { late = 0, today = 0 } = {}) {
  if (!queue?.waiting) return NONE;
  const { axis, marks, bins } = queue;
  const longer = (marks ?? []).filter(({ hours }) => hours > axis).sort((one, other) => one.hours - other.hours);
  const over = marks ? longer.length : bins.at(-1).late + bins.at(-1).today + bins.at(-1).later;
  const zone = over ? Math.max(96, marks ? Math.ceil(over / LEVELS) * MARK : 0) : 0;
  const end = { hours: axis, x: over ? Math.min(RIGHT, EDGE - zone - GAP) : RIGHT };
  const x = (hours) => LEFT + (hours / axis) * (end.x - LEFT);
  const step = axis / 4;
  const ticks = [0, 1, 2, 3, 4].map((n) => x(n * step));
  const beyond = over ? `M${end.x + GAP} ${BASE}H${end.x + GAP + zone}` : "";
  const narrow = end.x < 300;
  return {
    hidden: false,
    label: `${queue.waiting} waiting, by office hours waited: ${late} late, ${today} due today${over ? `, ${over} longer than ${axis} hours` : ""}`,
    paths: {
      axis: `M${LEFT} ${BASE}H${end.x}${ticks.map((at) => `M${round(at)} ${BASE}v8`).join("")}${beyond}`,
      ...(marks ? marksPaths(marks, x, end, longer) : binsPaths(bins, x, end, zone)),
    },
    texts: [
      ...ticks.map((at, n) => ({
        x: n === 4 && !over ? at - 14 : at,
        text: n === 0 ? "new" : narrow && n % 2 ? "" : n === 4 && !over ? `${axis} h waited` : `${n * step} h`,
        anchor: n === 0 || (n === 4 && !over) ? "start" : "middle",
      })),
      { x: end.x + GAP + zone / 2, text: over ? "longer" : "", anchor: "middle" },
    ],
  };
}

/* ---- arrivals: today's steps against the usual ---- */

const FLOOR = 148;
const CEILING = 16;
const [WEST, EAST] = [4, 320];
const LEAST = 8; // of the highest number on the scale: two enquiries are no cliff

export function arrivalsChart(arrivals, label) {
  if (!arrivals) return NONE;
  const { begins, ends, now, received, today, usual } = arrivals;
  const most = Math.max(LEAST, received, ...(usual?.high ?? []));
  const x = (minute) => round(WEST + ((Math.min(Math.max(minute, begins), ends) - begins) / (ends - begins)) * (EAST - WEST));
  const y = (n) => round(FLOOR - (n / most) * (FLOOR - CEILING));
  const line = (heights) => `M${heights.map((n, at) => `${x(usual.minutes[at])} ${y(n)}`).join("L")}`;
  const back = (heights) => heights.map((n, at) => `L${x(usual.minutes[at])} ${y(n)}`).toReversed().join("");
  let steps = `M${x(begins)} ${FLOOR}`;
  for (const [minute, n] of today) steps += `H${x(minute)}V${y(n)}`;
  return {
    hidden: false,
    label,
    paths: {
      band: usual ? `${line(usual.high)}${back(usual.low)}Z` : "",
      edges: usual ? line(usual.high) + line(usual.low) : "",
      usual: usual ? line(usual.median) : "",
      axis: `M${WEST} ${FLOOR}H${EAST}`,
      steps: `${steps}H${x(now)}`,
      dot: `M${x(now) - 8} ${y(received)}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0z`,
    },
    texts: [
      { x: WEST, y: 180, text: clock(begins), anchor: "start" },
      { x: x(12 * 60), y: 180, text: "12:00", anchor: "middle" },
      { x: x(17 * 60), y: 180, text: "17:00", anchor: "middle" },
      { x: EAST + 10, y: usual ? y(usual.median.at(-1)) + 8 : 0, text: usual ? "usual" : "", anchor: "start" },
    ],
  };
}

const clock = (minute) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, "0")}`;
