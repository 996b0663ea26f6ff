/* The head of a board: its name, its clock, whether its figures can be relied on, and the one sentence. */

import { counted, countdown, date, number, opening, span, time, timeSeenFrom } from "./words.js";

const ROOM = 44; // letters that names may take beside the one sentence
const NOTHING = { text: "" };
const LEADS = {
  late: { mark: "square", tone: "late" },
  due_today: { mark: "triangle", tone: "warn" },
  nothing: { mark: "circle", tone: "good" },
};

const lateness = ({ delay, as_of }, now) => now - Date.parse(delay?.since ?? as_of);

/* Who has the figures wait. "Worker" is no word for a board: here that is a social worker. */
const DELAYS = {
  case_system: (ago) => `The case system has sent nothing for ${ago}`,
  worker_away: (ago) => `casepulse has counted nothing for ${ago}`,
  worker_behind: (ago, { waiting }) => `casepulse is behind, ${counted(waiting, "event", "events")} to count`,
  recounting: (ago) => `casepulse has been counting everything afresh for ${ago}`,
  log_away: (ago) => `casepulse has reached no new events for ${ago}`,
};

export function light(state, truth, now) {
  switch (state) {
    case "loading":
    case "unknown_team": return NOTHING;
    case "disconnected": return { mark: "square", tone: "late", text: "Disconnected" };
    case "store_away": return { mark: "square", tone: "late", text: "No store" };
    case "rebuilding":
      return truth.rebuilding?.counting === false
        ? { mark: "square", tone: "late", text: "Not counting" } : { mark: "triangle", tone: "warn", text: "Rebuilding" };
    case "delayed": return { mark: "triangle", tone: "warn", text: `Delayed ${span(lateness(truth, now))}` };
  }
  return truth.office?.open === false
    ? { mark: "ring", text: "Office closed" } : { mark: "circle", tone: "good", text: "Live" };
}

/** The light while somebody has stopped the board: the clock beside it says since when, as nothing on it moves. */
export const PAUSED = { mark: "pause", tone: "warn", text: "Paused" };

export function office({ office: hours }, now) {
  if (!hours) return "";
  const [closes, opens] = [Date.parse(hours.closes_at), Date.parse(hours.opens_at)];
  if (hours.open) return closes > now ? `office closes in ${countdown(closes - now)}` : "";
  if (!(opens > now)) return "";
  const why = { bank_holiday: "bank holiday, ", closure_day: "closed today, " }[hours.closed_for] ?? "";
  return `${why}opens ${opening(hours.opens_at, now)}`;
}

function lead(truth, now, onThePage) {
  const sentence = truth.lead;
  if (!sentence || !onThePage) return NOTHING; // "today" would not be true of another day
  return { ...LEADS[sentence.kind], text: sentence.text };
}

const share = (read) => `${Math.floor(read * 100)} %`;

/** "are North, South and 12 others": as many whole names as there is room for. */
function listed(teams) {
  const named = teams.filter((_, n) => teams.slice(0, n + 1).join(", ").length <= ROOM);
  const others = teams.length - named.length;
  if (!others) return `${teams.length === 1 ? "is" : "are"} ${named.join(", ")}`;
  return named.length ? `are ${named.join(", ")} and ${counted(others, "other", "others")}` : `are ${number(others)}, on the home page`;
}

const HEADS = {
  loading: () => ({ lead: NOTHING, aside: "" }),
  disconnected: (truth, now, since) => ({
    banner: true, urgent: true,
    lead: { mark: "square", tone: "late",
      text: since === null ? "No connection" : `No connection since ${timeSeenFrom(since, now)}` },
    aside: truth?.figures ? "Do not rely on these figures. Trying again" : "No figures yet. Trying again",
  }),
  rebuilding: ({ rebuilding }, now) => {
    const { read = null, back_at: back = null, counting = true, why = "" } = rebuilding ?? {};
    if (why === "other_version") {
      return {
        banner: true,
        lead: { mark: "square", tone: "late", text: "Another version of casepulse counts" },
        aside: "start this server in the version of its worker",
      };
    }
    if (!counting) {
      return {
        banner: true,
        lead: { mark: "square", tone: "late", text: read === null ? "Nothing is being counted" : `Rebuilding stands still, ${share(read)} read` },
        aside: "“casepulse doctor” says why",
      };
    }
    return {
      banner: true,
      lead: { mark: "triangle", tone: "warn", text: read === null ? "Rebuilding" : `Rebuilding, ${share(read)} read` },
      aside: back === null ? "No figures until it is done" : `back at about ${timeSeenFrom(back, now)}`,
    };
  },
  store_away: ({ store_answered_at: since }, now) => ({
    banner: true,
    lead: { mark: "square", tone: "late",
      text: since ? `The store has not answered since ${timeSeenFrom(since, now)}` : "The store does not answer" },
    aside: "No figures until it does",
  }),
  empty: (truth) => ({
    lead: { text: `No events${truth.authority ? ` of ${truth.name || truth.authority}` : ""} have arrived yet` },
    aside: "waiting for the first",
  }),
  unknown_team: (truth) => ({
    lead: { text: `No team ${truth.team}` },
    aside: truth.teams?.length ? `there ${listed(truth.teams)}` : "no team has been told of yet",
  }),
  delayed: (truth, now) => ({
    banner: true,
    lead: { mark: "triangle", tone: "warn", text: `Figures as of ${timeSeenFrom(truth.as_of, now)}` },
    aside: DELAYS[truth.delay?.by ?? "case_system"](span(lateness(truth, now), { minute: "minutes", hour: "hours" }), truth.delay ?? {}),
  }),
  live: (truth, now, since, onThePage) => ({ lead: lead(truth, now, onThePage), aside: office(truth, now) }),
};

function tag({ simulated, speed }) {
  if (!simulated) return "";
  return speed && speed !== 1 ? `made-up figures, ${number(speed)} × speed` : "made-up figures";
}

/** The slots of the head. *onThePage*: the figures are of the day that the page's clock shows. */
export function head({ state, truth, now, since }, onThePage) {
  const { lead: says, aside, banner = false, urgent = false } = HEADS[state](truth, now, since, onThePage);
  const made = truth ? tag(truth) : "";
  return {
    name: { text: truth?.name ?? "" },
    team: { text: truth?.team ?? "", hidden: !truth?.team },
    tag: { text: made, hidden: !made },
    light: light(state, truth, now),
    time: { text: now === null ? "" : time(now), datetime: now === null ? "" : new Date(now).toISOString() },
    date: { text: now === null ? "" : date(now) },
    banner: { tone: says.tone, banner },
    lead: urgent ? NOTHING : says,
    alert: urgent ? says : NOTHING,
    aside: { text: aside },
  };
}
