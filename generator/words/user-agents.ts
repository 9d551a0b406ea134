/** Browsers of 2018's logs, made from versions, in the shares in which they were seen. */

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const CHROME_VERSIONS = ['35.0.1916.153', '36.0.1985.125', '36.0.1985.143', '37.0.2062.94', '37.0.2062.103'];
const FIREFOX_VERSIONS = ['24.0', '30.0', '31.0'];

interface UserAgent {
  readonly text: string;
  readonly weight: number;
}

/** WebKit browsers are logged with quotation marks of their own, Firefox and Internet Explorer without. */
function chrome(system: string, weight: number): readonly UserAgent[] {
  return CHROME_VERSIONS.map((version) => ({
    text: `"Mozilla/5.0 (${system}) ${WEBKIT} Chrome/${version} Safari/537.36"`,
    weight: weight / CHROME_VERSIONS.length,
  }));
}

function firefox(system: string, weight: number): readonly UserAgent[] {
  return FIREFOX_VERSIONS.map((version) => ({
    text: `Mozilla/5.0 (${system}; rv:${version}) Gecko/20100101 Firefox/${version}`,
    weight: weight / FIREFOX_VERSIONS.length,
  }));
}

function safari(system: string, version: string, build: string, weight: number): readonly UserAgent[] {
  const text = `"Mozilla/5.0 (${system}) AppleWebKit/${build} (KHTML, like Gecko) Version/${version} Safari/${build}"`;
  return [{ text, weight }];
}

function explorer(version: string, system: string, trident: string, weight: number): readonly UserAgent[] {
  return [{ text: `Mozilla/5.0 (compatible; MSIE ${version}; ${system}; Trident/${trident})`, weight }];
}

/** All of them; weights are shares of users in per cent. */
export const USER_AGENTS: readonly UserAgent[] = [
  ...chrome('Macintosh; Intel Mac OS X 10_9_4', 14),
  ...chrome('Macintosh; Intel Mac OS X 10_9_2', 4),
  ...chrome('Macintosh; Intel Mac OS X 10_8_5', 3),
  ...safari('Macintosh; Intel Mac OS X 10_9_4', '7.0.5', '537.77.4', 7),
  ...safari('Macintosh; Intel Mac OS X 10_9_4', '7.0.6', '537.78.2', 4),
  ...firefox('Macintosh; Intel Mac OS X 10.9', 6),
  ...chrome('Windows NT 6.1; WOW64', 18),
  ...firefox('Windows NT 6.1; WOW64', 12),
  ...firefox('Windows NT 6.1', 5.6),
  ...chrome('Windows NT 6.3; WOW64', 5),
  ...firefox('Windows NT 6.3; WOW64', 2.1),
  ...chrome('Windows NT 6.2; WOW64', 1.8),
  ...chrome('Windows NT 5.1', 1.2),
  ...firefox('Windows NT 5.1', 1),
  ...firefox('Windows NT 6.0', 0.4),
  ...chrome('X11; Linux x86_64', 2.6),
  ...firefox('X11; Ubuntu; Linux x86_64', 2.7),
  ...explorer('9.0', 'Windows NT 6.1; WOW64', '5.0', 1.2),
  ...explorer('10.0', 'Windows NT 6.2; WOW64', '6.0', 1),
  ...safari('iPhone; CPU iPhone OS 7_1_2 like Mac OS X', '7.0', '9537.53', 3.6),
  ...safari('iPhone; CPU iPhone OS 7_1 like Mac OS X', '7.0', '9537.53', 2.2),
  ...safari('iPad; CPU OS 7_1_2 like Mac OS X', '7.0', '9537.53', 1.3),
];
