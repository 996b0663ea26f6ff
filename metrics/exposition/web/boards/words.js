/* Words for numbers and times, always by London time. Plain functions of values. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const inLondon = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", weekday: "short", day: "numeric", month: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const MONTHS = ["January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December"];
const WEEKDAYS = { Mon: "Monday", Tue: "Tuesday", Wed: "Wednesday", Thu: "Thursday", Fri: "Friday", Sat: "Saturday", Sun: "Sunday" };
const DAY_MS = 86_400_000;

export const number = (n) => whole.format(n);
export const counted = (n, one, many) => `${n ? number(n) : "no"} ${n === 1 ? one : many}`;

/* A day, "2017-12-14", stands for its noon: no zone moves that to another day. */
const instantOf = (when) => (typeof when === "string" && when.length === 10 ? `${when}T12:00:00Z` : when);

function parts(when) {
  const named = Object.fromEntries(inLondon.formatToParts(new Date(instantOf(when))).map(({ type, value }) => [type, value]));
  return { ...named, day: Number(named.day), month: MONTHS[named.month - 1] };
}

const yearOf = (when) => new Date(instantOf(when)).getUTCFullYear();
export const daysBetween = (from, to) => (new Date(instantOf(to)) - new Date(instantOf(from))) / DAY_MS;

export const time = (when) => { const at = parts(when); return `${at.hour}:${at.minute}`; };
export const weekday = (when) => parts(when).weekday;
export const longWeekday = (when) => WEEKDAYS[parts(when).weekday];
export const month = (when) => parts(when).month;
export const shortMonth = (when) => month(when).slice(0, 3);
export const sameDay = (when, other) => {
  const [a, b] = [parts(when), parts(other)];
  return a.day === b.day && a.month === b.month && yearOf(when) === yearOf(other);
};

/** "Thu 14 Dec", with the year where it is not this machine's. */
export function date(when) {
  const at = parts(when);
  const year = yearOf(when) === yearOf(Date.now()) ? "" : ` ${yearOf(when)}`;
  return `${at.weekday} ${at.day} ${shortMonth(when)}${year}`;
}

/** "27 Dec": where the weekday stands beside it. */
export const dayOfMonth = (day) => `${parts(day).day} ${shortMonth(day)}`;

/** "Wed", or "13 Dec" if that is six days ago or more: where there is little room. */
export function pastDay(day, now) {
  const near = daysBetween(day, now) < 6;
  return near ? weekday(day) : dayOfMonth(day);
}

export const timeSeenFrom = (when, now) =>
  now === null || sameDay(when, now) ? time(when) : `${pastDay(when, now)} ${time(when)}`;

/** "Mon 09:00", with its date if that is six days ahead or more. */
export function opening(when, now) {
  const near = daysBetween(now, when) < 6;
  return `${near ? weekday(when) : date(when)} ${time(when)}`;
}

/** "today", "tomorrow", "Mon": a *day* seen from another. */
export function daySeenFrom(day, today) {
  const ahead = Math.round(daysBetween(today, day));
  if (ahead === 0) return "today";
  if (ahead === 1) return "tomorrow";
  return ahead > 1 && ahead < 7 ? weekday(day) : date(day);
}

export function span(milliseconds, { minute = "min", hour = "h" } = {}) {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} ${minute}`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${hour}`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function countdown(milliseconds) {
  const minutes = Math.ceil(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, (minutes % 60 || !hours) && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** Office hours as whole hours and minutes; without the minutes from a hundred hours on, where nobody reads them. */
export function hoursAndMinutes(hours) {
  const minutes = Math.floor(hours * 60 + 1e-6);
  const whole_hours = Math.floor(minutes / 60);
  return { hours: whole_hours || null, minutes: whole_hours >= 100 ? null : minutes % 60 };
}

/** Never rounded up to the target, nor to 100, nor down to 0: "90 %, just below 90 %" is no sentence. */
export function percentage(value, target = null) {
  const near = Math.round(value * 100);
  if (near === 0 && value > 0) return "<1";
  const wrong = (near >= 100 && value < 1) || (target !== null && value < target && near >= target * 100);
  return String(wrong ? Math.floor(value * 100) : near);
}

/** A target as it was set: 90 %, 87.5 %. */
export const targetText = (target) => `target ${Number((target * 100).toFixed(1))} %`;
