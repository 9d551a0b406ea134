/** Names of packages by licence. */
export function readLicences(): Map<string, Set<string>>;
/** docs/licences.md as it should be. */
export function formatLicences(byLicence: Map<string, Set<string>>): string;
