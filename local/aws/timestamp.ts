/** AWS JSON writes times as seconds since 1970, with milliseconds behind the point. */
export function toEpochSeconds(date: Date): number {
  return date.getTime() / 1000;
}
