/** Lines to a stream that is there already, such as standard output; the manifest goes to a file if one is named. */
import type { Writable } from 'node:stream';
import { writeFileAtomically } from '../../connections/atomic-file.js';
import type { Sink } from './sink.js';

/** What was written cannot be taken back: a reader must look at how the command ended. */
export function createStreamSink(stream: Writable, manifestFile: string | undefined): Sink {
  return {
    layout: 'one',
    open: async () => ({
      write: async (chunk) => {
        if (!stream.write(chunk)) await new Promise<void>((resolve) => stream.once('drain', resolve));
      },
      commit: () => Promise.resolve(),
    }),
    finish: async (manifest) => {
      if (manifestFile !== undefined) await writeFileAtomically(manifestFile, manifest);
    },
    discard: () => Promise.resolve(),
  };
}
