/** A summary of data in S3 as a person reads it. Pure. */
import type { PrefixSummary, RecordCount } from '../../connections/summarize/prefix-group.js';
import type { FieldSummary } from '../../connections/summarize/schema-sketch.js';
import type { S3Summary } from '../../connections/summarize/summarize-s3.js';
import { fit, formatTable } from '../output.js';

/** `512 B`, `3.2 KiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1023.95 || unit === 'TiB')
      return `${unit === 'B' ? String(value) : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return String(bytes); // not reached
}

/** `8,056`, or `≈ 8,100` when it was estimated. */
export function formatRecords(records: RecordCount | undefined): string {
  if (records === undefined) return 'not read';
  if (records.exact) return formatCount(records.count);
  return `≈ ${formatCount(Number(records.count.toPrecision(3)))}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Every prefix as a line, then each with its sample and its fields, then the sum. */
export function formatSummary(summary: S3Summary, width: number): string {
  const rows = summary.prefixes.map(({ prefix, objects, bytes, records, formats }) => [
    prefix === '' ? '(the whole bucket)' : prefix,
    formatCount(objects),
    formatBytes(bytes),
    formatRecords(records),
    Object.keys(formats).join(', '),
  ]);
  const parts = [
    formatTable(['prefix', 'objects', 'bytes', 'records', 'format'], rows),
    ...summary.prefixes.flatMap((prefix) => formatPrefix(prefix, width)),
    formatTotal(summary),
  ];
  return parts.join('\n\n');
}

function formatTotal({ objects, bytes, records, folderMarkers, prefixesCut, prefixes }: S3Summary): string {
  const notes = [
    ...(folderMarkers > 0
      ? [`Not counted: ${formatCount(folderMarkers)} empty objects that show folders.`]
      : []),
    ...(prefixesCut ? ['There are too many prefixes to show: the last one stands for all others.'] : []),
    ...(records?.exact === false ? [explainEstimate(prefixes)] : []),
  ];
  const total = `${formatCount(objects)} objects, ${formatBytes(bytes)}, records: ${formatRecords(records)}`;
  return [total, ...notes].join('\n');
}

function explainEstimate(prefixes: readonly PrefixSummary[]): string {
  const read = prefixes.reduce((sum, prefix) => sum + prefix.read.objects, 0);
  return `≈ is an estimate from ${formatCount(read)} objects; --records reads all of them and counts.`;
}

function formatPrefix(summary: PrefixSummary, width: number): readonly string[] {
  const { prefix, read, unreadable, rejected, sample, fields, fieldsCut } = summary;
  const lines = [
    ...(sample === undefined ? [] : [`  sample  ${fit(sample, width - 10)}`]),
    ...(rejected > 0 ? [`  ${formatCount(rejected)} pieces of what was read are no records`] : []),
    ...(unreadable.objects > 0
      ? [`  ${formatCount(unreadable.objects)} objects cannot be read: ${unreadable.problem ?? ''}`]
      : []),
    ...fields.map((field) => `  ${formatField(field, read.records)}`),
    ...(fieldsCut ? ['  … and more fields'] : []),
  ];
  if (lines.length === 0) return [];
  const title = `${prefix} (${formatCount(read.records)} records of ${formatCount(read.objects)} objects read)`;
  return [[title, ...lines].join('\n')];
}

/** `artist  string 83 %, null 17 %`, with the share of records that have the field when it is not in all. */
function formatField({ name, count, types }: FieldSummary, records: number): string {
  const kinds = Object.entries(types).sort(([, a], [, b]) => b - a);
  const shares = kinds.map(([type, of]) => (kinds.length === 1 ? type : `${type} ${formatShare(of, count)}`));
  const missing = count < records ? ` (in ${formatShare(count, records)} of the records)` : '';
  return `${name.padEnd(18)}  ${shares.join(', ')}${missing}`;
}

/** Never 0 or 100 % of what is neither. */
function formatShare(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99.9 && part < whole) return '> 99.9 %';
  return `${Number.isInteger(percent) ? String(percent) : percent.toFixed(1)} %`;
}
