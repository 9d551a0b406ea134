/** Parses `s3://bucket/key`. Knows nothing of servers. */
import { AirtempoError } from '../core/errors.js';

export interface S3Url {
  readonly bucket: string;
  /** A key or a key prefix; may be empty. */
  readonly key: string;
}

const S3_URL = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s;

/** Parses an S3 URL, or throws INVALID_OPTION naming it. Keys are taken literally: nothing is percent-decoded. */
export function parseS3Url(url: string): S3Url {
  const match = S3_URL.exec(url);
  const bucket = match?.[1];
  if (bucket === undefined) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${JSON.stringify(url)} is not an S3 URL. Write it as s3://bucket/prefix.`,
    );
  }
  return { bucket, key: match?.[2] ?? '' };
}

/** Writes an S3 URL. */
export function formatS3Url({ bucket, key }: S3Url): string {
  return `s3://${bucket}/${key}`;
}
