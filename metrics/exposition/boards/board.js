/* A wallboard. The server tells the whole small truth each time; this page keeps the last one, knows how old it is,
 * and draws a picture. `stateOf` and `picture` are plain functions of values; only `start` touches the world. */

const LOADING = 1_000;      // after this, a page that has heard nothing says so
const SILENCE = 40_000;     // the server speaks at least every 10 s
const ERROR_GRACE = 5_000;  // a restart of the server is shorter than this
const TICK = 500;
const LONGEST_RETRY = 5_000;
const LIVE_REGION = 60_000; // a screen reader hears the lead at most this often

const STATES = ["live", "delayed", "rebuilding", "empty"];
const LEGAL_GROUPS = [
  ["full_care_order", "Full care order"],
  ["interim_care_order", "Interim care order"],
  ["section_20", "Section 20"],
  ["placement_order", "Placement order"],
  ["freeing_order", "Freeing order"],
  ["protection", "Protection"],
  ["justice", "Justice"],
  ["unknown", "Not recorded"],
];
const JUDGEMENTS = {
  on_target: { mark: "circle", tone: "good", text: "On target" },
  just_below: { mark: "triangle", tone: "warn", text: "Just below" },
  below_target: { mark: "square", tone: "late", text: "Below target" },
};
const NO_FIGURES = {
  loading: { text: "Loading" },
  rebuilding: { mark: "triangle", tone: "warn", text: "Rebuilding" },
  empty: { text: "No events yet" },
  disconnected: { mark: "square", tone: "late", text: "No connection" },
};
const NOTHING = { text: "" };

/* ---- words for numbers and times; the authority's zone, whatever the browser's ---- */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const inLondon = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", weekday: "short", day: "numeric", month: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const MONTHS = ["January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December"];

function parts(instant) {
  const told = Object.fromEntries(inLondon.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  return { ...told, day: Number(told.day), month: MONTHS[told.month - 1] };
}
const time = (instant) => { const at = parts(instant); return `${at.hour}:${at.minute}`; };
const dayOfMonth = (instant) => { const at = parts(instant); return `${at.day} ${at.month.slice(0, 3)}`; };
const yearOf = (instant) => new Date(instant).getUTCFullYear();
const date = (instant) => {
  const year = yearOf(instant) === yearOf(Date.now()) ? "" : ` ${yearOf(instant)}`; // a year is news only if another
  return `${parts(instant).weekday} ${dayOfMonth(instant)}${year}`;
};
const timeSeenFrom = (instant, now) =>
  now === null || date(instant) === date(now) ? time(instant) : `${date(instant)} ${time(instant)}`;

function opening(instant, now) {
  const days = (Date.parse(instant) - now) / 86_400_000;
  return days < 6 ? `${parts(instant).weekday} ${time(instant)}` : `${date(instant)} ${time(instant)}`;
}

function span(milliseconds, { minute = "min", hour = "h" } = {}) {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} ${minute}`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${hour}`;
  return `${Math.floor(minutes / 1440)} days`;
}

function countdown(milliseconds) {
  const minutes = Math.ceil(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, (minutes % 60 || !hours) && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/* Never rounded up to the target, nor to 100: "85.0 %, just below 85 %" is no sentence. */
export function percentage(value, target) {
  const near = Math.round(value * 1000);
  const wrong = (near >= 1000 && value < 1) || (target !== null && value < target && near >= target * 1000);
  return ((wrong ? Math.floor(value * 1000) : near) / 10).toFixed(1);
}

/* ---- one figure ---- */

const valueOf = (figure) => (figure && !figure.suppressed ? figure.value ?? null : null);

function number(figure, state) {
  if (!figure) return { text: state === "loading" ? "" : "–", tone: state === "loading" ? "loading" : "ghost" };
  const value = valueOf(figure);
  if (figure.kind === "quotient") {
    return value === null ? { text: "–", tone: "ghost" } : { text: percentage(value, figure.target), value };
  }
  if (figure.suppressed) return { text: "1–5", tone: "few" };
  if (value === null) return { text: "–", tone: "ghost" };
  return { text: whole.format(value), value, tone: value === 0 ? "none" : undefined };
}

function word(figure, state, judge) {
  if (!figure) return NO_FIGURES[state] ?? { text: "Not known" };
  if (figure.suppressed) return { text: "Too few to show" };
  return judge(valueOf(figure));
}

/* ---- the tiles ---- */

function received({ received_today: today, received_month: month }, state, now) {
  const onThePage = !today?.from || now === null || date(today.from) === date(now);
  return {
    received_title: { text: onThePage ? "Received today" : `Received ${date(today.from)}` },
    received_today: number(today, state),
    received_today_word: word(today, state, (n) =>
      n === 0 ? { text: onThePage ? "None today" : "None" } : { text: n === 1 ? "enquiry" : "enquiries" }),
    received_month: state === "loading" ? NOTHING : number(month, state),
    received_month_word: { text: month?.from ? `in ${parts(month.from).month}` : "" },
  };
}

function timeliness({ assessment_timeliness: figure, assessments_overdue: tile }, state) {
  const told = figure && !figure.suppressed;
  const since = told && figure.from ? `since ${dayOfMonth(figure.from)}` : "";
  const of = told && figure.denominator ? `${whole.format(figure.numerator)} of ${whole.format(figure.denominator)}, ` : "";
  return {
    assessment_timeliness: number(figure, state),
    assessment_timeliness_unit: { text: "%", hidden: valueOf(figure) === null },
    assessment_timeliness_word: word(figure, state, (value) =>
      value === null ? { text: "None authorised yet" } : JUDGEMENTS[figure.status] ?? NOTHING),
    assessment_timeliness_target:
      { text: told && typeof figure.target === "number" ? `target ${Number((figure.target * 100).toFixed(1))} %` : "" },
    assessment_timeliness_of: { text: of + since },
    assessment_timeliness_beside: { text: told && !tile?.suppressed ? notInItYet(figure.beside ?? {}) : "" },
  };
}

function notInItYet({ open = null, overdue = null }) {
  if (open === null) return "";
  const late = overdue === null || open === 0 ? "" : `, ${overdue ? whole.format(overdue) : "none"} of them late`;
  return `not in it yet: ${open ? whole.format(open) : "none"} open${late}`;
}

function lookedAfter({ children_looked_after: all, looked_after_by_legal_group: split }, state) {
  const told = new Map((split ?? []).map((figure) => [figure.by?.legal_group, figure]));
  const longest = Math.max(1, ...[...told.values()].map((figure) => valueOf(figure) ?? 0));
  return {
    children_looked_after: number(all, state),
    children_looked_after_word: word(all, state, (n) => ({ text: n === 0 ? "None looked after" : told.size ? "by legal group" : "" })),
    groups: {
      rows: LEGAL_GROUPS.map(([name, title]) => {
        const figure = told.get(name);
        return { name, title, hidden: !figure, number: number(figure, state), share: (valueOf(figure) ?? 0) / longest };
      }),
    },
  };
}

function assessments({ assessments_open: open, assessments_overdue: overdue }, state) {
  const [inAll, late] = [valueOf(open), valueOf(overdue)];
  const mark = late ? "late" : undefined;
  return {
    assessments_open: number(open, state),
    assessments_open_bar: { share: inAll ? 1 : 0 },
    assessments_open_word: word(open, state, (n) => ({ text: n === 0 ? "None open" : "in all" })),
    assessments_overdue: { ...number(overdue, state), ...(mark && { tone: mark }) },
    assessments_overdue_bar: { share: inAll && late ? Math.min(1, late / inAll) : 0, tone: mark },
    assessments_overdue_word: word(overdue, state, (n) => {
      if (n === null) return { text: "Not known" };
      return n ? { mark: "square", tone: "late", text: "Late" } : { mark: "circle", tone: "good", text: "None late" };
    }),
  };
}

/* ---- the head of the board ---- */

function light(state, truth, now) {
  if (state === "loading") return NOTHING;
  if (state === "disconnected") return { mark: "square", tone: "late", text: "Disconnected" };
  if (state === "rebuilding") return { mark: "triangle", tone: "warn", text: "Rebuilding" };
  if (state === "empty") return { mark: "ring", text: "No events yet" };
  if (state === "delayed") return { mark: "triangle", tone: "warn", text: `Delayed ${span(lateness(truth, now))}` };
  return truth.office?.open === false
    ? { mark: "ring", text: "Office closed" } : { mark: "circle", tone: "good", text: "Live" };
}

const lateness = (truth, now) => now - Date.parse(truth.complete_to);

function mostUrgent({ assessments_overdue: overdue }) {
  const late = { mark: "square", tone: "late" };
  if (overdue?.suppressed) return { ...late, text: "A few assessments are past day 45" };
  const n = valueOf(overdue);
  if (n === null) return { text: "Not known how many are late" };
  if (n === 0) return { mark: "circle", tone: "good", text: "Nothing is late" };
  return { ...late, text: n === 1 ? "1 assessment is past day 45" : `${whole.format(n)} assessments are past day 45` };
}

function office({ office: hours }, now) {
  if (!hours) return "";
  const [closes, opens] = [Date.parse(hours.closes_at), Date.parse(hours.opens_at)];
  if (hours.open) return closes > now ? `office closes in ${countdown(closes - now)}` : "";
  return opens > now ? `opens ${opening(hours.opens_at, now)}` : "";
}

function head(state, truth, now, since) {
  if (state === "loading") return { lead: NOTHING, aside: "" };
  if (state === "disconnected") {
    return {
      banner: true, urgent: true,
      lead: { mark: "square", tone: "late",
        text: since === null ? "No connection" : `No connection since ${timeSeenFrom(since, now)}` },
      aside: truth?.figures ? "Do not rely on these figures. Trying again" : "No figures yet. Trying again",
    };
  }
  if (state === "rebuilding") {
    const { read = null, back_at: back = null } = truth.rebuilding ?? {};
    return {
      banner: true,
      lead: { mark: "triangle", tone: "warn",
        text: read === null ? "Rebuilding" : `Rebuilding, ${Math.floor(read * 100)} % read` },
      aside: back === null ? "No figures until it is done" : `back at about ${timeSeenFrom(back, now)}`,
    };
  }
  if (state === "empty") {
    const whose = truth.authority ? ` of ${truth.name || truth.authority}` : "";
    return { lead: { text: `No events${whose} have arrived yet` }, aside: "waiting for the first" };
  }
  if (state === "delayed") {
    return {
      banner: true,
      lead: { mark: "triangle", tone: "warn", text: `Figures as of ${timeSeenFrom(truth.as_of, now)}` },
      aside: `Nothing has arrived for ${span(lateness(truth, now), { minute: "minutes", hour: "hours" })}`,
    };
  }
  return { lead: mostUrgent(truth.figures ?? {}), aside: office(truth, now) };
}

function tag({ simulated, speed }) {
  return speed && speed !== 1 ? `made-up figures, ${whole.format(speed)} × speed` : simulated ? "made-up figures" : "";
}

/* ---- the whole picture ---- */

/** Everything the page shows: the text, mark and tone of each slot. */
export function picture({ state, truth, now, since }) {
  const figures = truth?.figures ?? {};
  const { lead, aside, banner = false, urgent = false } = head(state, truth, now, since);
  const made = truth?.simulated ? tag(truth) : "";
  return {
    state,
    title: ["MASH board", truth?.name, light(state, truth, now).text].filter(Boolean).join(", "),
    slots: {
      name: { text: truth?.name ?? "" },
      tag: { text: made, hidden: !made },
      light: light(state, truth, now),
      time: { text: now === null ? "" : time(now), datetime: now === null ? "" : new Date(now).toISOString() },
      date: { text: now === null ? "" : date(now) },
      banner: { tone: lead.tone, banner },
      lead: urgent ? NOTHING : lead,
      alert: urgent ? lead : NOTHING,
      aside: { text: aside },
      ...received(figures, state, now),
      ...timeliness(figures, state),
      ...lookedAfter(figures, state),
      ...assessments(figures, state),
    },
  };
}

/** What the page may claim, *at* a moment of its own monotonic clock. */
export function stateOf({ truth, openedAt, heardAt, failedAt }, at) {
  const broken = failedAt !== null && at - failedAt > ERROR_GRACE;
  if (broken || at - (heardAt ?? openedAt) > SILENCE) return "disconnected";
  if (truth) return truth.state;
  return at - openedAt > LOADING ? "disconnected" : "loading";
}

/** The authority's clock, in milliseconds, *at* a moment of the page's; null if nobody has told us the time. */
export function clockAt({ truth, toldAt }, at) {
  return truth ? Date.parse(truth.now) + (at - toldAt) * (truth.speed ?? 1) : null;
}

export function moment(link, at) {
  const state = stateOf(link, at);
  return { state, truth: link.truth, now: clockAt(link, at), since: clockAt(link, link.heardAt) };
}

/** One message; anything but a whole truth with a state and a time we know is refused. */
export function decode(text) {
  const truth = JSON.parse(text);
  if (!STATES.includes(truth.state)) throw new TypeError(`no such state of a board: ${truth.state}`);
  if (truth.state === "delayed" && !truth.complete_to) throw new TypeError("a delayed board without the time it is complete to");
  if (Number.isNaN(Date.parse(truth.now))) throw new TypeError("a board without the time");
  return truth;
}

/* ---- painting: every node is made once ---- */

const SHAPES = {
  circle: "M10 2a8 8 0 1 1 0 16a8 8 0 1 1 0-16z",
  ring: "M10 2a8 8 0 1 1 0 16a8 8 0 1 1 0-16zM10 4.6a5.4 5.4 0 1 0 0 10.8a5.4 5.4 0 1 0 0-10.8z",
  triangle: "M10 1.5 19 18H1z",
  square: "M2 2h16v16H2z",
};
const SVG = "http://www.w3.org/2000/svg";

function attribute(node, name, value) {
  if (value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function element(name, className) {
  const node = document.createElement(name);
  node.className = className;
  return node;
}

function words(node) {
  const mark = document.createElementNS(SVG, "svg");
  mark.setAttribute("class", "mark");
  mark.setAttribute("viewBox", "0 0 20 20");
  mark.setAttribute("aria-hidden", "true");
  const shape = mark.appendChild(document.createElementNS(SVG, "path"));
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
    if (node.dataset.figure || node.dataset.by) attribute(node, "data-value", is.value);
    if (is.hidden !== undefined) node.hidden = is.hidden;
    if (node.textContent !== is.text) node.textContent = is.text;
  };
}

function bar(node, room) {
  return (is) => {
    attribute(node, "data-tone", is.tone);
    const least = is.share > 0 ? .25 : 0; // one child is seen
    node.style.width = `${Math.max(least, is.share * room).toFixed(2)}rem`;
  };
}

function groups(list) {
  const rows = LEGAL_GROUPS.map(([name, title]) => {
    const row = list.appendChild(element("li", ""));
    row.append(element("span", "words"), element("span", "bar"), element("span", "n"));
    const [label, length, value] = row.children;
    label.textContent = title;
    value.dataset.by = name;
    return { row, length: bar(length, 16.5), value: plain(value) };
  });
  return (is) => is.rows.forEach(({ hidden, number: told, share }, i) => {
    rows[i].row.hidden = hidden;
    rows[i].value(told);
    rows[i].length({ share });
  });
}

function atMostOnceAMinute(node) {
  const write = words(node);
  let [said, saidAt] = ["", -LIVE_REGION];
  return (is) => {
    if (is.text !== said) {
      const due = performance.now() - saidAt >= LIVE_REGION;
      attribute(node, "aria-live", due ? "polite" : "off");
      if (due) saidAt = performance.now();
      said = is.text;
    }
    write(is);
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
  if (name === "groups") return groups(node);
  if (name === "banner") return banner(node);
  if (name === "lead") return atMostOnceAMinute(node);
  if (node.classList.contains("bar")) return bar(node, 38);
  return node.classList.contains("status") ? words(node) : plain(node);
}

function painting() {
  const painters = [...document.querySelectorAll("[data-slot]")].map((node) => [node.dataset.slot, painterOf(node)]);
  return ({ state, title, slots }) => {
    attribute(document.documentElement, "data-state", state);
    if (document.title !== title) document.title = title;
    for (const [name, paint] of painters) paint(slots[name]);
  };
}

/* ---- the connection: it heals by itself ---- */

function address(board) {
  const asked = new URLSearchParams({ board });
  const authority = new URLSearchParams(location.search).get("authority");
  if (authority) asked.set("authority", authority);
  return `/v1/live?${asked}`;
}

function start(board) {
  const paint = painting();
  const link = { truth: null, toldAt: null, openedAt: performance.now(), heardAt: null, failedAt: null };
  let source = null;
  let sourceAt = 0;
  let attempts = 0;
  let retrying = null;

  const draw = () => paint(picture(moment(link, performance.now())));

  function heard(truth) {
    const at = performance.now();
    Object.assign(link, { heardAt: at, failedAt: null }, truth && { truth, toldAt: at });
    attempts = 0;
    draw();
  }

  function told(message) {
    try {
      const truth = decode(message.data);
      picture({ state: truth.state, truth, now: Date.parse(truth.now), since: null });
      heard(truth);
    } catch (error) {
      console.error(error.message);
      reopen(); // a truth we cannot read is no connection
    }
  }

  function open() {
    retrying = null;
    sourceAt = performance.now();
    source = new EventSource(address(board));
    source.addEventListener("board", told);
    source.addEventListener("beat", () => heard(null));
    source.addEventListener("error", failed);
  }

  function failed() {
    link.failedAt ??= performance.now();
    if (source.readyState === EventSource.CLOSED) reopen();
  }

  function reopen() {
    link.failedAt ??= performance.now();
    source.close();
    const wait = Math.min(LONGEST_RETRY, 500 * 2 ** attempts) + 1_000 * Math.random(); // not every board at once
    attempts += 1;
    retrying ??= setTimeout(open, wait);
  }

  function tick() {
    const at = performance.now();
    // A half-dead connection raises no error of its own.
    if (retrying === null && at - Math.max(link.heardAt ?? 0, sourceAt) > SILENCE) reopen();
    draw();
  }

  open();
  draw();
  setInterval(tick, TICK);
}

if (globalThis.document?.body.dataset.board) start(document.body.dataset.board);
