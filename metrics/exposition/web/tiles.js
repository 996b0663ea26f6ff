/* The tiles of the MASH board: figures of the message in, the text, mark and tone of each slot out. */

import { arrivalsChart, queueChart } from "./charts.js";
import {
  counted, daySeenFrom, hoursAndMinutes, longWeekday, month, number, opening, pastDay, percentage, sameDay, shortMonth,
  targetText, time, weekday,
} from "./words.js";

const NOTHING = { text: "" };
const HIDDEN = { text: "", hidden: true };
const NO_FIGURES = {
  loading: { text: "Loading" },
  rebuilding: { mark: "triangle", tone: "warn", text: "Rebuilding" },
  empty: { text: "No events yet" },
  unknown_team: NOTHING, // once is enough
  disconnected: { mark: "square", tone: "late", text: "No connection" },
};
const LATE = { mark: "square", tone: "late" };
const DUE = { mark: "triangle", tone: "warn" };
const GOOD = { mark: "circle", tone: "good" };
const JUDGEMENTS = {
  on_target: { ...GOOD, text: "On target" },
  near_target: { ...DUE, text: "Just below" },
  below_target: { ...LATE, text: "Below target" },
};
const DASH = { text: "–", tone: "ghost" };
const STRIP = 6;

const valueOf = (figure) => (figure && !figure.suppressed ? figure.value ?? null : null);

/** What every tile looks at: the figures, or why there are none, and which day they are of. */
class Board {
  constructor({ state, truth, now }) {
    this.state = state;
    this.figures = truth?.figures ?? {};
    this.loaded = truth?.loaded ?? {};
    this.truth = truth ?? {};
    this.now = now;
    this.day = truth?.as_of?.slice(0, 10) ?? null; // of the authority: the server tells it with its offset
    this.onThePage = this.day === null || now === null || sameDay(this.day, now);
  }

  today() {
    return this.onThePage ? "today" : pastDay(this.day, this.now);
  }

  /** The big number of a count; of what was never sent, none. */
  count(figure, loaded = true) {
    if (!figure) return this.state === "loading" ? { text: "", tone: "loading" } : DASH;
    if (figure.suppressed) return { text: "1–5", tone: "few" };
    const value = valueOf(figure);
    if (!loaded || value === null) return DASH;
    return { text: number(value), value };
  }

  /** The big number of a percentage, and its unit. */
  share(figure, loaded = true) {
    if (!figure || figure.suppressed) return [this.count(figure && { ...figure, suppressed: false, value: null }), HIDDEN];
    const value = valueOf(figure);
    if (!loaded || value === null) return [DASH, HIDDEN];
    return [{ text: percentage(value, figure.target ?? null), value }, { text: "%", hidden: false }];
  }

  /** Why there is no number, or what *judge* says of it. */
  word(figure, loaded, judge) {
    if (!figure) return NO_FIGURES[this.state] ?? { text: "Not known" };
    if (!loaded) return { text: "None loaded" };
    if (figure.suppressed) return { text: "Too few to show" };
    return judge(valueOf(figure));
  }
}

function byDay(figures) {
  const told = (figures ?? []).map((figure) => [figure.by.due_on, figure]);
  return new Map(told.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const sum = (figures) => figures.reduce((all, figure) => all + (valueOf(figure) ?? 0), 0);

/* ---- now ---- */

function waiting(board) {
  const { enquiries_awaiting_decision: all, enquiries_overdue: overdue, enquiries_due: due } = board.figures;
  const loaded = board.loaded.enquiries ?? true;
  const inAll = board.word(all, loaded, (n) => (n === 0 ? { ...GOOD, text: "None waiting" } : null));
  const known = inAll === null && !(due ?? []).some((figure) => figure.suppressed) && !overdue?.suppressed;
  const days = byDay(due);
  const today = sum([days.get(board.day)].filter(Boolean));
  const later = [...days].filter(([day, figure]) => day !== board.day && valueOf(figure));
  const late = valueOf(overdue) ?? 0;
  const when = later.length === 1 ? daySeenFrom(later[0][0], board.day) : "later";
  const n = sum(later.map(([, figure]) => figure));
  return {
    waiting: board.count(all, loaded),
    waiting_word: inAll ?? NOTHING,
    waiting_late: known && late ? { ...LATE, text: `${number(late)} late` } : NOTHING,
    waiting_today: known && today ? { ...DUE, text: `${number(today)} due ${board.today()}` } : NOTHING,
    waiting_later: known && n
      ? { mark: "circle", text: `${number(n)} due ${board.onThePage ? when : when === "later" ? when : weekday(later[0][0])}` } : NOTHING,
    queue: known ? queueChart(board.truth.queue, { late, today }) : queueChart(null),
  };
}

function longest(board) {
  const { longest_wait: figure, enquiries_overdue: overdue, enquiries_due: due } = board.figures;
  const loaded = board.loaded.enquiries ?? true;
  const waited = loaded && valueOf(figure) !== null ? hoursAndMinutes(valueOf(figure)) : null;
  const closed = board.truth.office?.open === false && Date.parse(board.truth.office.opens_at) > board.now;
  const first = [...byDay(due)].find(([, one]) => valueOf(one))?.[0];
  const none = board.count(figure && { ...figure, value: null }, loaded);
  const hidden = (n) => n === null || n === undefined;
  return {
    longest_hours: waited ? { text: hidden(waited.hours) ? "" : number(waited.hours), value: valueOf(figure) } : none,
    longest_hours_unit: { text: "h", hidden: hidden(waited?.hours) },
    longest_minutes: { text: hidden(waited?.minutes) ? "" : String(waited.minutes), hidden: hidden(waited?.minutes) },
    longest_minutes_unit: { text: "m", hidden: hidden(waited?.minutes) },
    longest_detail: {
      text: !waited ? "" : closed ? `office hours; they start ${opening(board.truth.office.opens_at, board.now)}` : "in office hours",
    },
    longest_word: board.word(figure, loaded, (value) => {
      if (value === null) return { text: "None waiting" };
      if (valueOf(overdue)) return { ...LATE, text: "Late" };
      if (first === board.day) return { ...DUE, text: board.onThePage ? "Due today" : `Due ${weekday(first)}` };
      return { ...GOOD, text: "In time" };
    }),
  };
}

function decided(board) {
  const { decided_today: today, decided_month: inMonth } = board.figures;
  const loaded = board.loaded.enquiries ?? true;
  const [share, unit] = board.share(today, loaded);
  const [second, secondUnit] = board.share(inMonth, loaded);
  const judged = [today, inMonth].find((figure) => figure && !figure.suppressed && JUDGEMENTS[figure.status]);
  const told = loaded && today && !today.suppressed;
  const ofMonth = told && judged && judged === inMonth; // of today's there are too few yet
  const target = loaded && typeof today?.target === "number" ? targetText(today.target) : "";
  return {
    decided: share,
    decided_unit: unit,
    decided_month: board.state === "loading" ? NOTHING : second,
    decided_month_unit: secondUnit,
    decided_detail: {
      text: told && valueOf(today) !== null
        ? `${board.today()}, ${number(today.numerator)} of ${number(today.denominator)}` : ofMonth ? "none settled yet" : "",
    },
    decided_month_detail: {
      text: !loaded || !inMonth?.from ? "" : ofMonth ? `${shortMonth(inMonth.from)}, ${target}` : month(inMonth.from),
    },
    decided_word: board.word(today, loaded, (value) => {
      if (judged) return JUDGEMENTS[judged.status];
      if (value === null) return { text: "None settled yet" };
      return today.status === "too_few" ? { text: "Too few to judge" } : NOTHING;
    }),
    decided_target: { text: ofMonth ? `for ${month(inMonth.from)}` : told ? target : "" },
  };
}

/* ---- today ---- */

function received(board) {
  const { received_today: figure } = board.figures;
  const { arrivals } = board.truth;
  const loaded = board.loaded.enquiries ?? true;
  const day = arrivals ? longWeekday(arrivals.day) : "";
  return {
    received_title: { text: `Received ${board.today()}` },
    received: board.count(figure, loaded),
    received_word: board.word(figure, loaded, () => usualWord(arrivals, day)),
    arrivals: loaded && figure && !figure.suppressed ? arrivalsChart(arrivals, arrivalsSentence(arrivals, day, board.now)) : arrivalsChart(null),
  };
}

function usualWord(arrivals, day) {
  if (!arrivals) return NOTHING;
  if (arrivals.without === "closed_day") return { text: "the office is closed" };
  if (arrivals.without === "history") return { text: `no usual yet, ${arrivals.days} of ${arrivals.wanted}` };
  if (arrivals.more === 0) return { text: arrivals.received ? `usual for a ${day}` : "none yet, as usual" };
  return arrivals.more > 0
    ? { text: `↑ ${number(arrivals.more)} more than usual` } : { text: `↓ ${number(-arrivals.more)} fewer than usual` };
}

function arrivalsSentence(arrivals, day, now) {
  if (!arrivals) return "";
  const usual = {
    closed_day: ". The office is closed: there is no usual",
    history: `. What is usual will be known after ${arrivals.wanted} ${day}s, ${arrivals.days} of them are there`,
  }[arrivals.without] ?? `, ${number(arrivals.usual_now)} are usual for a ${day}`;
  return `${counted(arrivals.received, "enquiry", "enquiries")} received by ${now === null ? "now" : time(now)}${usual}`;
}

function sent(board) {
  const { enquiries_to_assessment: figure } = board.figures;
  const loaded = board.loaded.enquiries ?? true;
  const [share, unit] = board.share(figure, loaded);
  const told = loaded && valueOf(figure) !== null;
  const undecided = told ? figure.beside?.undecided ?? null : null;
  return {
    sent: share,
    sent_unit: unit,
    sent_detail: told
      ? { text: `${number(figure.numerator)} of ${number(figure.denominator)}, ${shortMonth(figure.from)}` }
      : board.word(figure, loaded, () => ({ text: `None received in ${month(figure.from)}` })),
    sent_undecided: undecided === null ? NOTHING : { text: number(undecided), value: undecided },
    sent_undecided_word: { text: undecided === null ? "" : "undecided" },
  };
}

function conferences(board) {
  const { conferences_due: due, conferences_overdue: overdue, section_47_week: held } = board.figures;
  const loaded = board.loaded.section_47 ?? true;
  const few = (due ?? []).some((figure) => figure.suppressed);
  const all = due && { suppressed: few, value: sum(due) };
  const within = board.truth?.conferences_due_within;
  const dueIn = within > 9 ? "Conferences in" : "Conferences due in"; // two digits leave no room for more
  return {
    conferences_title: { text: within ? `${dueIn} ${counted(within, "day", "days")}` : "Conferences due" },
    conferences: board.count(all, loaded),
    conferences_word: board.word(overdue, loaded, (late) =>
      few ? NOTHING : late ? { ...LATE, text: `${number(late)} late` } : { ...GOOD, text: "None late" }),
    conferences_detail: {
      text: loaded && valueOf(held) !== null
        ? `${counted(valueOf(held), "strategy discussion", "strategy discussions")} ${board.onThePage ? "this week" : "that week"}` : "",
    },
  };
}

/* ---- the strip of deadlines ---- */

function strip(board) {
  const { assessments_due: due, assessments_overdue: overdue } = board.figures;
  const loaded = board.loaded.assessments ?? true;
  const days = board.truth.deadlines?.days ?? [];
  const figures = byDay(due);
  const numbers = days.map(({ on, n }) => board.count(figures.get(on) ?? { value: n }, loaded));
  const most = Math.max(1, ...days.map(({ n }) => n));
  const none = { ...board.count(null), share: 0 };
  const slots = {};
  for (let i = 0; i < STRIP; i += 1) {
    const today = days[i]?.on === board.day;
    const tone = today && board.onThePage && days[i].n ? "warn" : undefined;
    slots[`day_${i}`] = { hidden: days.length > 0 ? i >= days.length : i > 0, text: "", tone: today ? "today" : undefined };
    slots[`day_${i}_n`] = numbers[i] ?? none;
    slots[`day_${i}_bar`] = { share: (days[i]?.n ?? 0) / most, tone };
    slots[`day_${i}_word`] = days[i]
      ? today && board.onThePage ? { ...(tone && DUE), text: "Today" } : { text: weekday(days[i].on) }
      : board.word(due, loaded, () => NOTHING);
  }
  const late = loaded && valueOf(overdue);
  return {
    ...slots,
    past: { ...board.count(overdue, loaded), ...(late && { tone: "late" }) },
    past_bar: { share: late ? 1 : 0, tone: "late" },
    past_word: board.word(overdue, loaded, (n) => (n ? { ...LATE, text: "Late" } : { ...GOOD, text: "None late" })),
  };
}

/** Everything below the head, and whether the figures are of the day that the page's clock shows. */
export function tiles(moment) {
  const board = new Board(moment);
  const slots = [waiting, longest, decided, received, sent, conferences, strip].map((tile) => tile(board));
  return { slots: Object.assign({}, ...slots), onThePage: board.onThePage };
}
