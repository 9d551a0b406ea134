/** The types that let one task's output be another task's argument, checked by the compiler. Types only. */
import type { ArgContext } from './context.js';
import type { Each, MapItem } from './map-items.js';
import type { TaskRef } from './task-ref.js';

type Primitive = string | number | boolean | null | undefined;

/** Where `T` is wanted: a `T`, a task that returns one, a function of the run, or an object or list of such. */
export type Input<T, Params = unknown> =
  | T
  | TaskRef<T>
  | MapItem<T>
  | ((run: ArgContext<Params>) => T | Promise<T>)
  | (T extends Primitive ? never : T extends object ? Inputs<T, Params> : never);

/** The arguments of a mapped task: at least one of them maps over a list. */
export type MapInputs<Args, Params = unknown> = {
  readonly [K in keyof Args]: Input<Args[K], Params> | Each<Args[K]>;
};

/** The arguments of an operator, each of them possibly an output or a function of the run. */
export type Inputs<Args, Params = unknown> = { readonly [K in keyof Args]: Input<Args[K], Params> };

/**
 * A leaf or a branch of the arguments of a handler written in place. `object` lets values of an interface
 * type pass; what is not JSON, such as a Date, is refused when the DAG is built.
 */
export type InlineArg<Params> =
  | Primitive
  | TaskRef
  | MapItem
  | Each
  | ((run: ArgContext<Params>) => unknown)
  | readonly InlineArg<Params>[]
  | { readonly [key: string]: InlineArg<Params> }
  | object;

/** What a handler sees of arguments written with outputs and functions. */
export type Evaluated<T> = T extends Primitive
  ? T
  : T extends TaskRef<infer Output>
    ? Output
    : T extends MapItem<infer Item> | Each<infer Item>
      ? Item
      : T extends (...args: never[]) => infer Result
        ? Awaited<Result>
        : T extends object
          ? { readonly [K in keyof T]: Evaluated<T[K]> }
          : T;
