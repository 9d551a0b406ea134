/** Words from which invented artists, songs and listeners are made. Nobody real is meant. */

export const ADJECTIVES = [
  'Amber', 'Brittle', 'Copper', 'Distant', 'Early', 'Feral', 'Golden', 'Hollow', 'Idle', 'Jagged', 'Kind',
  'Lunar', 'Muted', 'Northern', 'Open', 'Paper', 'Quiet', 'Restless', 'Silver', 'Tidal', 'Velvet', 'Wild',
] as const; // prettier-ignore

/** Some with accents and quotes, as real catalogues have them. */
export const NOUNS = [
  'Antenna', 'Bridge', 'Café', 'Drift', 'Echo', 'Ferry', 'Garden', 'Harbour', 'Island', 'Jungle', 'Kite',
  'Lantern', 'Mirror', 'Nocturne', 'Orchard', "Pilot's Song", 'Quarry', 'River', 'Señal', 'Tower', 'Übung',
  'Valley', 'Wave',
] as const; // prettier-ignore

export const FIRST_NAMES = [
  { name: 'Anika', gender: 'F' }, { name: 'Bruno', gender: 'M' }, { name: 'Carmen', gender: 'F' },
  { name: 'Dario', gender: 'M' }, { name: 'Esther', gender: 'F' }, { name: 'Felipe', gender: 'M' },
  { name: 'Greta', gender: 'F' }, { name: 'Hugo', gender: 'M' }, { name: 'Ines', gender: 'F' },
  { name: 'Jonas', gender: 'M' }, { name: 'Keiko', gender: 'F' }, { name: 'Leon', gender: 'M' },
  { name: 'Mira', gender: 'F' }, { name: 'Noel', gender: 'M' }, { name: 'Olga', gender: 'F' },
] as const; // prettier-ignore

export const LAST_NAMES = [
  'Abara', 'Bergström', 'Castell', 'Dunmore', 'Eskola', 'Fontana', 'Grieve', 'Holloway', 'Ibarra', 'Juhl',
  'Kestrel', 'Lindqvist', 'Marlowe', 'Nakata', 'Okafor', 'Pemberton', 'Quill', 'Rosario', 'Saarinen', 'Thorne',
] as const; // prettier-ignore

export interface Place {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

export const PLACES: readonly Place[] = [
  { name: 'Reykjavik, Iceland', latitude: 64.14659, longitude: -21.94237 },
  { name: 'Porto, Portugal', latitude: 41.15794, longitude: -8.62911 },
  { name: 'Nagoya, Japan', latitude: 35.18145, longitude: 136.90656 },
  { name: 'Cusco, Peru', latitude: -13.53195, longitude: -71.96746 },
  { name: 'Galway, Ireland', latitude: 53.27067, longitude: -9.05679 },
  { name: 'Mombasa, Kenya', latitude: -4.04348, longitude: 39.66821 },
  { name: 'Duluth, MN', latitude: 46.78667, longitude: -92.10049 },
];

export const HOMES = [
  'Portland-South Portland, ME', 'Lansing-East Lansing, MI', 'Eugene, OR', 'Tampa-St. Petersburg-Clearwater, FL',
  'Lake Havasu City-Kingman, AZ', 'Janesville-Beloit, WI', 'Chicago-Naperville-Elgin, IL-IN-WI', 'Yuba City, CA',
] as const; // prettier-ignore

/** With the quotation marks inside the value that the real logs have. */
export const USER_AGENTS = [
  '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"',
  '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.77.4 (KHTML, like Gecko) Version/7.0.5 Safari/537.77.4"',
  'Mozilla/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0',
] as const;
