/* What every tile looks at: the message, which day it is of, and how numbers and their absence are said. */

import { number, pastDay, percentage, sameDay } from "./words.js";

export const NOTHING = { text: "" };
export const HIDDEN = { text: "", hidden: true };
export const LATE = { mark: "square", tone: "late" };
export const DUE = { mark: "triangle", tone: "warn" };
export const GOOD = { mark: "circle", tone: "good" };
const DASH = { text: "–", tone: "ghost" };
const NO_FIGURES = {
  loading: { text: "Loading" },
  live: { mark: "triangle", tone: "warn", text: "Being counted" },
  delayed: { mark: "triangle", tone: "warn", text: "Being counted" },
  rebuilding: { mark: "triangle", tone: "warn", text: "Rebuilding" },
  store_away: { mark: "square", tone: "late", text: "No store" },
  empty: { text: "No events yet" },
  unknown_team: NOTHING, // once is enough
  disconnected: { mark: "square", tone: "late", text: "No connection" },
};

const NOT_COUNTING = { mark: "square", tone: "late", text: "Not counting" };

export const valueOf = (figure) => (figure && !figure.suppressed ? figure.value ?? null : null);

const FEWEST_FOR_A_SHARE = 10; // as figures are judged

export const isOfFew = ({ denominator }) => denominator < FEWEST_FOR_A_SHARE;

export const sum = (figures) => figures.reduce((all, figure) => all + (valueOf(figure) ?? 0), 0);

/** Figures that are divided by the day on which something is due, by that day, the first day first. */
export function byDay(figures) {
  const dated = (figures ?? []).map((figure) => [figure.by.due_on, figure]);
  return new Map(dated.sort(([day], [later]) => (day < later ? -1 : 1)));
}

export class View {
  constructor({ state, truth, now }) {
    this.state = state;
    this.truth = truth ?? {};
    this.now = now;
    this.day = truth?.as_of?.slice(0, 10) ?? null; // of the authority: the server tells it with its offset
    this.isCounting = state !== "rebuilding" || truth?.rebuilding?.counting !== false;
    this.team = truth?.team ?? null;
    this.onThePage = this.day === null || now === null || sameDay(this.day, now);
  }

  /** What one tile looks at: its figures by the names that its component knows them by, and its drawing. */
  of({ figures, loaded, drawing }) {
    const named = Object.entries(figures).map(([role, name]) => [role, this.truth.figures?.[name]]);
    const whole = named.every(([, figure]) => figure); // of what is still being counted nothing is summed
    return {
      figures: whole ? Object.fromEntries(named) : {},
      loaded: this.truth.loaded?.[loaded] ?? true,
      drawing: this.truth[drawing] ?? null,
    };
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

  /** The same; of few it is no percentage: "0 %" of one says less than "0 of 1", and says it louder. */
  shareOrCount(figure, loaded = true) {
    if (!loaded || !figure || figure.suppressed || valueOf(figure) === null || !isOfFew(figure)) return this.share(figure, loaded);
    return [{ text: `${number(figure.numerator)} of ${number(figure.denominator)}`, tone: "count", value: valueOf(figure) }, HIDDEN];
  }

  /** Why there is no number, or what *judge* says of it. */
  word(figure, loaded, judge) {
    if (!figure) return this.isCounting ? NO_FIGURES[this.state] ?? { text: "Not known" } : NOT_COUNTING;
    if (!loaded) return { text: "None loaded" };
    if (figure.suppressed) return { text: "Too few to show" };
    return judge(valueOf(figure));
  }
}
