/** The types that let one task's output be another task's argument, checked by the compiler. Types only. */
import type { RunContext } from './context.js';
import type { TaskRef } from './task-ref.js';

/** Where `T` is wanted: a `T`, a task that returns one, a function of the run, or an object of such. */
export type Input<T, Params = unknown> =
  | T
  | TaskRef<T>
  | ((run: RunContext<Params>) => T | Promise<T>)
  | (T extends string | number | boolean | null | undefined
      ? never
      : T extends readonly (infer Item)[]
        ? readonly Input<Item, Params>[]
        : T extends object
          ? { readonly [K in keyof T]: Input<T[K], Params> }
          : never);

/** The arguments of an operator, each of them possibly an output or a function of the run. */
export type Inputs<Args, Params = unknown> = { readonly [K in keyof Args]: Input<Args[K], Params> };

/** A leaf or a branch of the arguments of a handler written in place. */
export type InlineArg<Params> =
  | string
  | number
  | boolean
  | null
  | undefined
  | TaskRef
  | ((run: RunContext<Params>) => unknown)
  | readonly InlineArg<Params>[]
  | { readonly [key: string]: InlineArg<Params> };

/** The arguments of a handler written in place. */
export interface InlineArgs<Params> {
  readonly [key: string]: InlineArg<Params>;
}

/** What a handler sees of arguments written with outputs and functions. */
export type Evaluated<T> =
  T extends TaskRef<infer Output>
    ? Output
    : T extends (...args: never[]) => infer Result
      ? Awaited<Result>
      : T extends string | number | boolean | null | undefined
        ? T
        : { readonly [K in keyof T]: Evaluated<T[K]> };
