/* Words for numbers and times, in the authority's zone, whatever the browser's. Plain functions of values. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const inLondon = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", weekday: "short", day: "numeric", month: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const MONTHS = ["January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December"];
const WEEKDAYS = { Mon: "Monday", Tue: "Tuesday", Wed: "Wednesday", Thu: "Thursday", Fri: "Friday", Sat: "Saturday", Sun: "Sunday" };
const DAY = 86_400_000;

export const number = (n) => whole.format(n);
export const counted = (n, one, many) => `${n ? number(n) : "no"} ${n === 1 ? one : many}`;

/* A day of its own, "2017-12-14", is told by its noon: no zone moves that to another. */
const instantOf = (told) => (typeof told === "string" && told.length === 10 ? `${told}T12:00:00Z` : told);

function parts(told) {
  const found = Object.fromEntries(inLondon.formatToParts(new Date(instantOf(told))).map(({ type, value }) => [type, value]));
  return { ...found, day: Number(found.day), month: MONTHS[found.month - 1] };
}

const yearOf = (told) => new Date(instantOf(told)).getUTCFullYear();
const daysBetween = (one, other) => (new Date(instantOf(other)) - new Date(instantOf(one))) / DAY;

export const time = (told) => { const at = parts(told); return `${at.hour}:${at.minute}`; };
export const weekday = (told) => parts(told).weekday;
export const longWeekday = (told) => WEEKDAYS[parts(told).weekday];
export const month = (told) => parts(told).month;
export const shortMonth = (told) => month(told).slice(0, 3);
export const sameDay = (one, other) => {
  const [a, b] = [parts(one), parts(other)];
  return a.day === b.day && a.month === b.month && yearOf(one) === yearOf(other);
};

/** "Thu 14 Dec", and the year where it is not this machine's: a year is news only if another. */
export function date(told) {
  const at = parts(told);
  const year = yearOf(told) === yearOf(Date.now()) ? "" : ` ${yearOf(told)}`;
  return `${at.weekday} ${at.day} ${shortMonth(told)}${year}`;
}

/** "Wed", or "13 Dec" where that is not in the days just past: for where there is little room. */
export function pastDay(day, now) {
  const near = daysBetween(day, now) < 6;
  return near ? weekday(day) : `${parts(day).day} ${shortMonth(day)}`;
}

export const timeSeenFrom = (told, now) =>
  now === null || sameDay(told, now) ? time(told) : `${pastDay(told, now)} ${time(told)}`;

/** "Mon 09:00", or with its date where that is not in this week. */
export function opening(told, now) {
  const near = daysBetween(now, told) < 6;
  return `${near ? weekday(told) : date(told)} ${time(told)}`;
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

/** Office hours in whole hours and minutes; from a hundred hours on nobody reads the minutes. */
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
