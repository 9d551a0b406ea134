/** Words that invented songs and artists are made of. Nobody real is meant. */

// prettier-ignore
export const ADJECTIVES = [
  'Amber', 'Ashen', 'Azure', 'Bitter', 'Blind', 'Borrowed', 'Brave', 'Bright', 'Brittle', 'Broken', 'Burning', 'Calm',
  'Careless', 'Clever', 'Cold', 'Common', 'Copper', 'Crimson', 'Crooked', 'Curious', 'Daily', 'Distant', 'Double',
  'Dusty', 'Early', 'Easy', 'Electric', 'Empty', 'Endless', 'Faded', 'Faithful', 'False', 'Feral', 'Final', 'Foolish',
  'Foreign', 'Frozen', 'Gentle', 'Gilded', 'Golden', 'Graceful', 'Hidden', 'Hollow', 'Honest', 'Humble', 'Hungry', 'Idle',
  'Iron', 'Jagged', 'Kind', 'Last', 'Late', 'Lazy', 'Little', 'Lonely', 'Loud', 'Lucky', 'Lunar', 'Magnetic', 'Marble',
  'Mild', 'Muted', 'Naked', 'Narrow', 'Nervous', 'Northern', 'Open', 'Painted', 'Pale', 'Paper', 'Patient', 'Perfect',
  'Plastic', 'Polite', 'Quiet', 'Ragged', 'Rapid', 'Restless', 'Rusty', 'Sacred', 'Scarlet', 'Secret', 'Silent', 'Silver',
  'Simple', 'Sleepless', 'Slow', 'Solar', 'Southern', 'Stolen', 'Strange', 'Sudden', 'Tender', 'Tidal', 'Velvet', 'Wild',
];

/** Some with accents and quotes, as real catalogues have them. */
// prettier-ignore
export const NOUNS = [
  'Afternoon', 'Airport', 'Alley', 'Anchor', 'Antenna', 'Apple', 'Arrow', 'Atlas', 'Attic', 'August', 'Avenue', 'Balcony',
  'Ballad', 'Balloon', 'Beacon', 'Bicycle', 'Boulevard', 'Bridge', 'Café', 'Camera', 'Candle', 'Canyon', 'Carousel',
  'Cathedral', 'Chandelier', 'Chapter', 'Circle', 'Cloud', 'Compass', 'Corazón', 'Corner', 'Courtyard', 'Curtain', 'Desert',
  'Diamond', 'Distance', 'Door', 'Dream', 'Drift', 'Echo', 'Elevator', 'Ember', 'Engine', 'Evening', 'Feather', 'Fence',
  'Ferry', 'Fever', 'Field', 'Fire', 'Flood', 'Forest', 'Fountain', 'Garden', 'Ghost', 'Glacier', 'Glass', 'Harbour',
  'Harvest', 'Heart', 'Highway', 'Horizon', 'Hotel', 'Hour', 'Island', 'Ivory', 'January', 'Journey', 'Jungle', 'Key',
  'Kingdom', 'Kite', 'Ladder', 'Lantern', 'Letter', 'Lighthouse', 'Machine', 'Map', 'Market', 'Meadow', 'Memory',
  'Midnight', 'Mirror', 'Moon', 'Motel', 'Mountain', 'Needle', 'Night', 'Nocturne', 'Number', 'Ocean', 'Orchard', 'Painter',
  'Parade', 'Passenger', 'Pavement', "Pilot's Song", 'Planet', 'Pocket', 'Promise', 'Quarry', 'Radio', 'Rain', 'Rêverie',
  'River', 'Road', 'Room', 'Rumour', 'Sailor', 'Season', 'Señal', 'Shadow', 'Shore', 'Signal', 'Sky', 'Snow', 'Sparrow',
  'Staircase', 'Station', 'Stone', 'Storm', 'Summer', 'Telephone', 'Theatre', 'Tower', 'Train', 'Übung', 'Valley',
  'Violin', 'Wave', 'Window', 'Winter',
];

/** How a title is put together; each pattern gives titles that no other gives. */
export const TITLE_PATTERNS: readonly ((adjective: string, noun: string) => string)[] = [
  (adjective, noun) => `${adjective} ${noun}`,
  (adjective, noun) => `The ${adjective} ${noun}`,
  (adjective, noun) => `${noun} (${adjective} Version)`,
  (adjective, noun) => `${noun} Is ${adjective}`,
  (adjective, noun) => `My ${adjective} ${noun}`,
  (adjective, noun) => `${adjective} ${noun} (Live)`,
  (adjective, noun) => `No ${adjective} ${noun}`,
  (adjective, noun) => `${adjective} ${noun} (Album Version)`,
  (adjective, noun) => `Once A ${adjective} ${noun}`,
];

// prettier-ignore
const SYLLABLES_FIRST = [
  'Al', 'Bar', 'Bel', 'Bren', 'Cal', 'Car', 'Cor', 'Dal', 'Del', 'Dor', 'Eber', 'Fal', 'Far', 'Fen', 'Gar', 'Gil', 'Hal',
  'Har', 'Hol', 'Ing', 'Jor', 'Kel', 'Kor', 'Lan', 'Lor', 'Mal', 'Mar', 'Mor', 'Nor', 'Ol', 'Pel', 'Quin', 'Ral', 'Ren',
  'Sal', 'Sor', 'Tal', 'Tor', 'Ul', 'Val', 'Ver', 'Wal', 'Yor', 'Zan',
];

// prettier-ignore
const SYLLABLES_LAST = [
  'bach', 'berg', 'bury', 'cott', 'dahl', 'den', 'dine', 'dottir', 'drake', 'etti', 'ford', 'ham', 'hart', 'ières', 'inez',
  'ini', 'kin', 'land', 'ley', 'löf', 'man', 'mere', 'mond', 'nard', 'off', 'ova', 'rick', 'ridge', 'rose', 'say', 'ski',
  'son', 'stad', 'stone', 'strom', 'ton', 'vale', 'ver', 'well', 'wick', 'wood', 'worth',
];

/** Surnames that sound like some and belong to nobody. */
export const INVENTED_SURNAMES: readonly string[] = SYLLABLES_FIRST.flatMap((first) =>
  SYLLABLES_LAST.map((last) => `${first}${last}`),
);
