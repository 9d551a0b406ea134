/** The tags of everything that airtempo creates on AWS: what is its own, it may adopt, list and delete. Pure. */

/** On every resource: airtempo made it. */
export const MANAGED_TAG = 'airtempo:managed';
/** The name the user gave: with it a retry, or a later command, finds what is there instead of making a twin. */
export const NAME_TAG = 'airtempo:name';
/** The run that made it: its workflow id. */
export const RUN_TAG = 'airtempo:run';

/** A tag as most services write it. */
export interface AwsTag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of a resource of this name. */
export function createTags(name: string, runId: string): readonly AwsTag[] {
  return [
    { Key: MANAGED_TAG, Value: 'true' },
    { Key: NAME_TAG, Value: name },
    { Key: RUN_TAG, Value: runId },
  ];
}

/** Whether these are the tags of a resource that airtempo made under this name. */
export function isOwn(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
  name: string,
): boolean {
  return (tags ?? []).some(({ Key, Value }) => Key === NAME_TAG && Value === name);
}
