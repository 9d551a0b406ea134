/**
 * Histories as protobuf JSON, the form of `temporal workflow show -o json`, and back. The SDK's own functions
 * for this mix two copies of protobufjs when a package manager installs it beside each package; these use the one
 * copy that made the message types.
 */
import { createRequire } from 'node:module';
import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** What is used of protobufjs and of Temporal's types, which are not typed to this depth. */
interface ProtoJson {
  toJson(type: unknown, message: object): unknown;
  fromJson(type: unknown, json: unknown, options: { readonly ignoreUnknownFields: boolean }): object;
}
interface PatchRoot {
  patchProtobufRoot(root: unknown): { lookupType(name: string): unknown };
}

const fromClient = createRequire(createRequire(import.meta.url).resolve('@temporalio/client'));
const fromProto = createRequire(fromClient.resolve('@temporalio/proto'));
const { toJson, fromJson } = fromProto('protobufjs/ext/protojson') as ProtoJson;
const { patchProtobufRoot } = fromClient('@temporalio/proto/lib/patch-protobuf-root') as PatchRoot;
const HISTORY = patchProtobufRoot(fromClient('@temporalio/proto')).lookupType(
  'temporal.api.history.v1.History',
);

/** One field a line, so that a review can read it; payloads stay base64. */
export function formatHistory(history: History): string {
  // stack traces name folders of the machine, and no replay looks at them
  const omitStacks = (key: string, value: unknown): unknown => (key === 'stackTrace' ? undefined : value);
  return `${JSON.stringify(toJson(HISTORY, history), omitStacks, 1)}\n`;
}

/** A field that this version does not know is no error: newer servers write more. */
export function parseHistory(text: string): History {
  return fromJson(HISTORY, JSON.parse(text), { ignoreUnknownFields: true });
}
