/** `airtempo codec-server`: lets the Web UI and the `temporal` command read encrypted payloads. */
import { Command } from 'commander';
import { PAYLOAD_KEYS_VARIABLE, readPayloadCipher } from '../connections/payload-cipher.js';
import { AirtempoError } from '../core/errors.js';
import { startCodecServer } from '../workers/codec-server.js';
import { createPayloadCodec } from '../workers/payload-codec.js';
import type { App } from './app.js';
import { say } from './output.js';
import { findTemporal } from './temporal.js';
import { waitForStop } from './wait-for-stop.js';
import { wholeNumber } from './whole-number.js';

interface CodecServerCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly origin?: readonly string[];
}

/** The command. */
export function codecServerCommand(app: App): Command {
  return new Command('codec-server')
    .option('--host <address>', 'address to listen on; whoever reaches it reads everything', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any', wholeNumber(0, 65_535), 8081)
    .option('--origin <url...>', 'origins of Web UIs that may ask (default: that of the Temporal in use)')
    .addHelpText(
      'after',
      `
The keys are in ${PAYLOAD_KEYS_VARIABLE}, as for workers. Then, in the Web UI: the glasses icon, "Codec Server",
and the address that this prints.

Examples:
  airtempo codec-server
  airtempo codec-server --origin https://temporal.example.com
  temporal workflow show -w <workflowId> --codec-endpoint http://127.0.0.1:8081`,
    )
    .action((options: CodecServerCommandOptions) => serve(app, options));
}

async function serve(app: App, { host, port, origin }: CodecServerCommandOptions): Promise<void> {
  const cipher = readPayloadCipher(app.env);
  if (cipher === undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${PAYLOAD_KEYS_VARIABLE} is not set, so payloads are not encrypted. Set it to the keys that the workers have.`,
    );
  }
  const { uiUrl } = await findTemporal(app);
  const origins = origin ?? (uiUrl === undefined ? [] : [new URL(uiUrl).origin]);
  const stop = waitForStop();
  const server = await startCodecServer(createPayloadCodec(cipher), { host, port, origins }).catch(
    (cause: Error) => {
      throw new AirtempoError('INVALID_ARGUMENT', `No server at ${host}:${String(port)}: ${cause.message}`, {
        cause,
      });
    },
  );
  say(`Codec server at ${server.url} for ${origins.join(', ') || 'no Web UI'}. Ctrl-C ends it.`);
  await stop.requested;
  await server.close();
  stop.dispose();
}
