/** Metropolitan areas where listeners live, from the largest to the smallest; and the weight of each rank. */

// prettier-ignore
export const PLACES: readonly string[] = [
  'New York-Newark-Jersey City, NY-NJ-PA', 'Los Angeles-Long Beach-Anaheim, CA', 'Chicago-Naperville-Elgin, IL-IN-WI',
  'Dallas-Fort Worth-Arlington, TX', 'Houston-The Woodlands-Sugar Land, TX', 'Philadelphia-Camden-Wilmington, PA-NJ-DE-MD',
  'Washington-Arlington-Alexandria, DC-VA-MD-WV', 'Miami-Fort Lauderdale-West Palm Beach, FL',
  'Atlanta-Sandy Springs-Roswell, GA', 'Boston-Cambridge-Newton, MA-NH', 'San Francisco-Oakland-Hayward, CA',
  'Phoenix-Mesa-Scottsdale, AZ', 'Riverside-San Bernardino-Ontario, CA', 'Detroit-Warren-Dearborn, MI',
  'Seattle-Tacoma-Bellevue, WA', 'Minneapolis-St. Paul-Bloomington, MN-WI', 'San Diego-Carlsbad, CA',
  'Tampa-St. Petersburg-Clearwater, FL', 'St. Louis, MO-IL', 'Baltimore-Columbia-Towson, MD', 'Denver-Aurora-Lakewood, CO',
  'Pittsburgh, PA', 'Charlotte-Concord-Gastonia, NC-SC', 'Portland-Vancouver-Hillsboro, OR-WA',
  'San Antonio-New Braunfels, TX', 'Orlando-Kissimmee-Sanford, FL', 'Sacramento--Roseville--Arden-Arcade, CA',
  'Cincinnati, OH-KY-IN', 'Cleveland-Elyria, OH', 'Kansas City, MO-KS', 'Las Vegas-Henderson-Paradise, NV', 'Columbus, OH',
  'Indianapolis-Carmel-Anderson, IN', 'San Jose-Sunnyvale-Santa Clara, CA', 'Austin-Round Rock, TX',
  'Virginia Beach-Norfolk-Newport News, VA-NC', 'Nashville-Davidson--Murfreesboro--Franklin, TN',
  'Providence-Warwick, RI-MA', 'Milwaukee-Waukesha-West Allis, WI', 'Jacksonville, FL', 'Memphis, TN-MS-AR',
  'Oklahoma City, OK', 'Louisville/Jefferson County, KY-IN', 'Richmond, VA', 'New Orleans-Metairie, LA',
  'Hartford-West Hartford-East Hartford, CT', 'Raleigh, NC', 'Birmingham-Hoover, AL',
  'Buffalo-Cheektowaga-Niagara Falls, NY', 'Salt Lake City, UT', 'Rochester, NY', 'Grand Rapids-Wyoming, MI', 'Tucson, AZ',
  'Urban Honolulu, HI', 'Tulsa, OK', 'Fresno, CA', 'Bridgeport-Stamford-Norwalk, CT', 'Worcester, MA-CT',
  'Albuquerque, NM', 'Omaha-Council Bluffs, NE-IA', 'Albany-Schenectady-Troy, NY', 'New Haven-Milford, CT',
  'Bakersfield, CA', 'Knoxville, TN', 'Greenville-Anderson-Mauldin, SC', 'Oxnard-Thousand Oaks-Ventura, CA',
  'El Paso, TX', 'Allentown-Bethlehem-Easton, PA-NJ', 'Baton Rouge, LA', 'McAllen-Edinburg-Mission, TX', 'Dayton, OH',
  'Columbia, SC', 'Greensboro-High Point, NC', 'North Port-Sarasota-Bradenton, FL', 'Akron, OH',
  'Little Rock-North Little Rock-Conway, AR', 'Stockton-Lodi, CA', 'Charleston-North Charleston, SC',
  'Colorado Springs, CO', 'Syracuse, NY', 'Winston-Salem, NC', 'Cape Coral-Fort Myers, FL', 'Boise City, ID',
  'Wichita, KS', 'Springfield, MA', 'Madison, WI', 'Lakeland-Winter Haven, FL', 'Ogden-Clearfield, UT', 'Toledo, OH',
  'Deltona-Daytona Beach-Ormond Beach, FL', 'Des Moines-West Des Moines, IA', 'Jackson, MS', 'Augusta-Richmond County, GA-SC',
  'Scranton--Wilkes-Barre--Hazleton, PA', 'Youngstown-Warren-Boardman, OH-PA', 'Harrisburg-Carlisle, PA', 'Provo-Orem, UT',
  'Palm Bay-Melbourne-Titusville, FL', 'Chattanooga, TN-GA', 'Spokane-Spokane Valley, WA', 'Durham-Chapel Hill, NC',
  'Lancaster, PA', 'Modesto, CA', 'Portland-South Portland, ME', 'Santa Rosa, CA', 'Lexington-Fayette, KY',
  'Fayetteville-Springdale-Rogers, AR-MO', 'Pensacola-Ferry Pass-Brent, FL', 'Visalia-Porterville, CA',
  'Springfield, MO', 'York-Hanover, PA', 'Corpus Christi, TX', 'Reno, NV', 'Asheville, NC', 'Port St. Lucie, FL',
  'Huntsville, AL', 'Santa Maria-Santa Barbara, CA', 'Lansing-East Lansing, MI', 'Killeen-Temple, TX', 'Salinas, CA',
  'Vallejo-Fairfield, CA', 'Fort Wayne, IN', 'Mobile, AL', 'Beaumont-Port Arthur, TX', 'Reading, PA',
  'Manchester-Nashua, NH', 'Davenport-Moline-Rock Island, IA-IL', 'Canton-Massillon, OH', 'Savannah, GA', 'Peoria, IL',
  'Anchorage, AK', 'Salem, OR', 'Montgomery, AL', 'Trenton, NJ', 'Tallahassee, FL', 'Eugene, OR', 'Hickory-Lenoir-Morganton, NC',
  'Ann Arbor, MI', 'Rockford, IL', 'Wilmington, NC', 'Fort Collins, CO', 'Naples-Immokalee-Marco Island, FL',
  'Lincoln, NE', 'Kalamazoo-Portage, MI', 'Boulder, CO', 'Green Bay, WI', 'Gainesville, FL', 'Lubbock, TX', 'Roanoke, VA',
  'Spartanburg, SC', 'Evansville, IN-KY', 'Bremerton-Silverdale, WA', 'Burlington-South Burlington, VT', 'Cedar Rapids, IA',
  'Duluth, MN-WI', 'Santa Cruz-Watsonville, CA', 'Amarillo, TX', 'Sioux Falls, SD', 'Fargo, ND-MN', 'Topeka, KS',
  'Charlottesville, VA', 'Athens-Clarke County, GA', 'Bellingham, WA', 'Bend-Redmond, OR', 'Billings, MT', 'Medford, OR',
  'Yuma, AZ', 'Flagstaff, AZ', 'Santa Fe, NM', 'Missoula, MT', 'Ithaca, NY', 'Bangor, ME', 'Lewiston, ID-WA', 'Truckee-Grass Valley, CA',
];

/** Between the real shares of the largest areas and a long tail of small ones. */
export function placeWeights(): readonly number[] {
  return PLACES.map((_, rank) => Math.pow(rank + 2.2, -0.95));
}
