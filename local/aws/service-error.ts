/**
 * What an AWS service answers when it refuses: the name of a shape of its API, a message and a status. Not an
 * `AirtempoError`: it is part of a foreign protocol, read by the SDK and not by a person.
 */

export interface ServiceErrorOptions {
  /** 400 by default, as AWS answers whatever is the client's fault. */
  readonly status?: number;
  /** Further members of the error's shape, such as `ResourceId`. */
  readonly members?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class ServiceError extends Error {
  override readonly name: string;
  readonly status: number;
  readonly members: Readonly<Record<string, string>>;

  constructor(name: string, message: string, options: ServiceErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = name;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
  }
}
