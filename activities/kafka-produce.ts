/**
 * The operator `kafka_produce`: the lines of a file, a folder or a prefix on S3 into a topic, each once for each run of the task,
 * whatever it is interrupted by.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { operator } from '../core/define-operator.js';

export interface KafkaProduceArgs {
  /** A connection of type kafka. */
  readonly connId: string;
  /** Made if it is not there. */
  readonly topic: string;
  /** A .json or .json.gz file or a folder of the worker, or `s3://bucket/prefix/`. */
  readonly file: string;
  /** For `s3://…`: a connection of type aws or s3. Default `aws_credentials`. */
  readonly fileConnId?: string | undefined;
  /** Of a topic that is made. Default 3. */
  readonly partitions?: number | undefined;
  /**
   * What the lines are called. What the topic has got under this name is not sent again, by no run. Default: a name of this run of
   * the task, so that each run sends its lines once.
   */
  readonly source?: string | undefined;
}

const argsSchema: z.ZodType<KafkaProduceArgs> = z.strictObject({
  connId: z.string().min(1),
  topic: z.string().min(1),
  file: z.string().min(1),
  fileConnId: z.string().min(1).optional(),
  partitions: z.number().int().min(1).optional(),
  source: z.string().min(1).max(500).optional(),
});

export interface KafkaProduceOutput {
  /** Lines of the file that are in the topic: `sent` and `skipped`. */
  readonly messages: number;
  /** Sent by this try. */
  readonly sent: number;
  /** Left out, because they were there. */
  readonly skipped: number;
  /** Of those sent, how many are no JSON objects: they are sent as they are. */
  readonly notJson: number;
}

/**
 * Goes on where the topic says that the former try was. Errors: SOURCE_NOT_FOUND, ACCESS_DENIED, CONNECTION_REFUSED,
 * KAFKA_UNAVAILABLE, and those of S3.
 */
export const kafkaProduce = operator<KafkaProduceArgs, KafkaProduceOutput>(
  'kafka_produce',
  async ({ args, ctx }) => {
    const { produceLines } = await import('../connections/kafka/produce/produce-lines.js');
    const { openLineSource } = await import('../connections/kafka/produce/source.js');
    const { topic, partitions, fileConnId = 'aws_credentials' } = args;
    const connection = await ctx.connection(args.connId);
    const lines = await openLineSource(args.file, () => ctx.connection(fileConnId));
    const source = args.source ?? `${lines.name} ${hash(ctx.taskKey)}`;
    try {
      const counts = await produceLines(
        connection,
        lines.openLines,
        { topic, partitions, source, pace: { kind: 'fast' }, resume: true },
        { signal: ctx.signal, onProgress: (progress) => ctx.heartbeat(progress) },
      );
      ctx.signal.throwIfAborted(); // it ended in good order, and not all is sent
      const output = { messages: counts.sent + counts.skipped, ...counts };
      ctx.log.info(output, `sent ${args.file} to ${topic}`);
      return output;
    } finally {
      lines.close();
    }
  },
  { args: argsSchema, summary: ({ file, topic }) => `sends ${file ?? 'lines'} to ${topic ?? 'a topic'}` },
);

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
