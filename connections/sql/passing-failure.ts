/**
 * Which failures of a Redshift statement pass by themselves. Redshift gives hardly any of its errors a SQLSTATE of their
 * own (most are XX000), so the text has to tell.
 */
const PASSING: readonly RegExp[] = [
  // two transactions that cannot be put in an order: the same transaction may run again
  /\b1023\b|serializable isolation violation|could not serialize access/i,
  /deadlock detected/i,
  // S3 while COPY reads: its 5xx, and what it says when it is asked too often
  /S3ServiceException[\s\S]*?\b(50[0-9]|SlowDown|InternalError|ServiceUnavailable)\b/i,
  /\b(SlowDown|ServiceUnavailable)\b/,
  // clusters that restart, resize or are full
  /(shutting down|starting up|restarting|in recovery|cluster is (resizing|rebooting))/i,
  /connection (was |has been )?(reset|refused|closed|terminated|lost)|server closed the connection/i,
  /too many (clients|connections)|connection limit/i,
];

/** Whether trying the same transaction again may well succeed. Errors in the data, the SQL or the rights do not pass. */
export function isPassingFailure(message: string): boolean {
  return PASSING.some((pattern) => pattern.test(message));
}
