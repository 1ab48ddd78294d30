// The time as the collector has it. The clock of a reader's device may be wrong, by which
// all would be overdue, or the newest in a future that no range shows.

let ahead = 0; // ms that the collector's clock is ahead

export const time = () => Date.now() + ahead;
export const off = () => ahead;

const slack = 2000; // ms that are no matter: a Date has whole seconds

// heard learns from the Date of an answer to what was asked at an instant, unless a cache
// may have kept it.
export function heard(answer: Response, asked: number) {
  const date = Date.parse(answer.headers.get("Date") ?? ""), got = Date.now();
  if (Number.isNaN(date) || !/no-(store|cache)/.test(answer.headers.get("Cache-Control") ?? "")) return;
  const is = date + 500 - (asked + got) / 2;
  if (Math.abs(is - ahead) > slack + (got - asked) / 2) ahead = Math.round(is);
}
