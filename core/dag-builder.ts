/** Collects the tasks, edges and groups of one DAG while its build function runs. */
import { encodeArgs } from './args.js';
import type { BuildScope, GroupOptions, MapOptions, ShortCircuitOptions } from './build-scope.js';
import { collectCallbacks } from './callback-options.js';
import type { TaskCode } from './dag.js';
import { AirtempoError } from './errors.js';
import type { Graph, MapGroup, MapSource } from './graph.js';
import { checkTaskId } from './identifiers.js';
import { refuseSensorOptions } from './sensor-options.js';
import {
  asOperator,
  BRANCH,
  INLINE,
  SHORT_CIRCUIT,
  SHORT_CIRCUIT_DIRECT,
  type InPlaceKind,
} from './in-place-operator.js';
import type { JsonValue } from './json.js';
import { Each, MapItem } from './map-items.js';
import { checkKeys, invalidOption } from './option-checks.js';
import { isCount, showValue } from './outside-value.js';
import { leavesOf, rootsOf, toGraphTask, type Draft } from './task-draft.js';
import { checkTaskOptions, mergeTaskOptions, type TaskOptions } from './task-options.js';
import { GroupRef, TaskRef, Tasks, type EdgeRecorder } from './task-ref.js';

/** A build function at work: the DAG's, or a group's. */
interface Scope {
  /** `DAG x` or `DAG x, group y`. */
  readonly place: string;
  readonly prefix: string;
  readonly defaultArgs: TaskOptions;
  /** Its tasks and those of the groups within. */
  readonly members: Draft[];
  readonly parent: Scope | undefined;
  /** The mapped group that it is, or is in. */
  readonly mapGroup: string | undefined;
  /** Set when its build function has returned: whatever is added later would be lost. */
  finished: boolean;
}

export class DagBuilder<Params> implements EdgeRecorder {
  readonly dagId: string;
  readonly code = new Map<string, TaskCode>();
  private readonly drafts = new Map<string, Draft>();
  private readonly groups = new Set<string>();
  private readonly maps: MapGroup[] = [];
  private readonly root: Scope;

  constructor(dagId: string, defaultArgs: TaskOptions) {
    this.dagId = dagId;
    this.root = createScope({ place: `DAG ${dagId}`, prefix: '', defaultArgs });
  }

  /** Runs the DAG's build function, to its end: nothing can be added afterwards. */
  build(build: (scope: BuildScope<Params>) => unknown): void {
    this.run(this.root, build);
  }

  private run<Result, Extra extends object = object>(
    scope: Scope,
    build: (scope: BuildScope<Params> & Extra) => Result,
    extra: Extra = {} as Extra, // the caller that asks for more gives more
  ): Result {
    if (typeof build !== 'function') {
      throw new AirtempoError(
        'INVALID_DAG',
        `${scope.place}: its build function is ${showValue(build)}. Write ({ task }) => { … }.`,
      );
    }
    const task = (id: string, run: unknown, args?: unknown, options: TaskOptions = {}): TaskRef =>
      this.addTask(scope, id, run, args, options);
    const result = build({
      ...extra,
      task,
      branch: (id, handler, args, options = {}) =>
        this.addTask(scope, id, handler, args, options, BRANCH) as TaskRef<readonly string[]>,
      shortCircuit: (id, handler, args, options = {}) =>
        this.addShortCircuit(scope, id, handler, args, options),
      map: (id: string, run: unknown, args: unknown, options: TaskOptions & MapOptions = {}) =>
        this.addMappedTask(scope, id, run, args, options),
      mapGroup: (id, sources, build, options = {}) =>
        this.addMapGroup(scope, id, sources, build as never, options) as never, // their types meet in MapGroupFunction
      group: (id, build, options = {}) => this.addGroup(scope, id, build, options),
    } as BuildScope<Params> & Extra);
    scope.finished = true;
    refusePromise(result, scope.place);
    return result;
  }

  private addTask(
    scope: Scope,
    localId: string,
    run: unknown,
    args: unknown,
    options: TaskOptions,
    kind: InPlaceKind = INLINE,
    mapGroup = scope.mapGroup,
  ): TaskRef {
    const id = this.claimId(scope, localId, 'task');
    const where = `DAG ${this.dagId}, task ${id}`;
    checkTaskOptions(options, where);
    const operator = asOperator(run, where, kind);
    if (operator.sensor === undefined) refuseSensorOptions(options, operator.operatorName, where);
    const { template, inputs, functions, mapGroups } = encodeArgs(args, where, this);
    refuseStrayItems(mapGroups, mapGroup, where);
    const merged = mergeTaskOptions(scope.defaultArgs, options);
    this.code.set(id, Object.freeze({ operator, functions, callbacks: collectCallbacks(merged) }));
    const draft: Draft = {
      id,
      operator,
      options: merged,
      template,
      inputs: new Set(inputs),
      mapGroup,
      usesItem: mapGroups.size > 0,
      upstream: new Set(inputs),
      setup: false,
      teardown: undefined,
    };
    this.drafts.set(id, draft);
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) at.members.push(draft);
    return new TaskRef(this, id);
  }

  private addShortCircuit<Output>(
    scope: Scope,
    id: string,
    handler: unknown,
    args: unknown,
    { ignoreDownstreamTriggerRules = true, ...options }: ShortCircuitOptions,
  ): TaskRef<Output> {
    if (typeof ignoreDownstreamTriggerRules !== 'boolean') {
      throw invalidOption(
        `DAG ${this.dagId}, task ${scope.prefix}${id}`,
        'ignoreDownstreamTriggerRules',
        `is ${showValue(ignoreDownstreamTriggerRules)}`,
        'Use true or false.',
      );
    }
    const kind = ignoreDownstreamTriggerRules ? SHORT_CIRCUIT : SHORT_CIRCUIT_DIRECT;
    return this.addTask(scope, id, handler, args, options, kind) as TaskRef<Output>;
  }

  private addMappedTask(
    scope: Scope,
    localId: string,
    run: unknown,
    args: unknown,
    { maxActive, ...options }: TaskOptions & MapOptions,
  ): TaskRef<readonly unknown[]> {
    const id = scope.prefix + String(localId);
    const where = `DAG ${this.dagId}, mapped task ${id}`;
    this.refuseNestedMap(scope, where);
    const entries = Object.entries(typeof args === 'object' && args !== null ? args : {});
    const sources = entries.filter((entry): entry is [string, Each] => entry[1] instanceof Each);
    const items = Object.fromEntries(
      entries.map(([key, value]) => [key, value instanceof Each ? new MapItem(id, key) : (value as unknown)]),
    );
    const map = this.encodeMap(id, sources, maxActive, where);
    const ref = this.addTask(scope, localId, run, items, options, INLINE, id);
    this.openMap(map, [...this.drafts.values()].slice(-1));
    return ref as TaskRef<readonly unknown[]>;
  }

  private addMapGroup(
    parent: Scope,
    localId: string,
    sources: Readonly<Record<string, Each>>,
    build: (scope: BuildScope<Params> & MapItems) => unknown,
    { maxActive, ...options }: GroupOptions & MapOptions,
  ): GroupRef {
    const id = parent.prefix + String(localId);
    const where = `DAG ${this.dagId}, mapped group ${id}`;
    this.refuseNestedMap(parent, where);
    const map = this.encodeMap(id, Object.entries(sources), maxActive, where);
    const item = Object.fromEntries(Object.keys(sources).map((key) => [key, new MapItem(id, key)]));
    const { group, members } = this.openGroup(parent, localId, build, options, {
      mapGroup: id,
      extra: { item },
    });
    this.openMap(map, members);
    return group;
  }

  private refuseNestedMap({ mapGroup }: Scope, where: string): void {
    if (mapGroup === undefined) return;
    throw new AirtempoError(
      'INVALID_TASK',
      `${where} is inside the mapped group ${mapGroup}, and a mapping inside a mapping is not supported. ` +
        `Map over all combinations at once, with two each(…) in one map, or map in a DAG that triggerDag starts.`,
    );
  }

  private encodeMap(
    id: string,
    sources: readonly (readonly [string, Each])[],
    maxActive: number | undefined,
    where: string,
  ): MapGroup {
    if (sources.length === 0 || !sources.every(([, source]) => source instanceof Each)) {
      throw new AirtempoError(
        'INVALID_TASK',
        `${where} maps over nothing. Write each(list) for one of its values.`,
      );
    }
    if (maxActive !== undefined && (!isCount(maxActive) || maxActive === 0)) {
      throw invalidOption(where, 'maxActive', `is ${showValue(maxActive)}`, 'Use a whole number from 1.');
    }
    return Object.freeze({
      id,
      sources: sources.map(([key, { source }]) => this.encodeSource(key, source, where)),
      ...(maxActive === undefined ? {} : { maxActive }),
    });
  }

  private encodeSource(key: string, source: Each['source'], where: string): MapSource {
    if ('list' in source) {
      const { template } = encodeArgs({ list: source.list }, `${where}, each of ${key}`, this);
      const { list } = template as { readonly list: readonly JsonValue[] }; // what went in
      return { key, list };
    }
    const { inputs } = encodeArgs({ lists: source }, `${where}, each of ${key}`, this);
    return { key, from: inputs };
  }

  /** The group's first tasks wait for the lists, and those that use an item are given them. */
  private openMap(map: MapGroup, members: readonly Draft[]): void {
    this.maps.push(map);
    const lists = map.sources.flatMap((source) => ('from' in source ? source.from : []));
    const roots = new Set(rootsOf(members));
    for (const member of members) {
      if (member.usesItem) for (const id of lists) member.inputs.add(id);
      if (member.usesItem || roots.has(member.id)) for (const id of lists) member.upstream.add(id);
    }
  }

  private addGroup<Result>(
    parent: Scope,
    localId: string,
    build: (scope: BuildScope<Params>) => Result,
    options: GroupOptions,
  ): GroupRef<Result> {
    return this.openGroup(parent, localId, build, options, { mapGroup: parent.mapGroup }).group;
  }

  private openGroup<Result, Extra extends object>(
    parent: Scope,
    localId: string,
    build: (scope: BuildScope<Params> & Extra) => Result,
    options: GroupOptions,
    { mapGroup, extra }: { readonly mapGroup: string | undefined; readonly extra?: Extra },
  ): { readonly group: GroupRef<Result>; readonly members: readonly Draft[] } {
    const id = this.claimId(parent, localId, 'group');
    this.groups.add(id);
    const place = `DAG ${this.dagId}, group ${id}`;
    checkKeys(options, ['defaultArgs'], place);
    const { defaultArgs = {} } = options;
    checkTaskOptions(defaultArgs, `${place}, defaultArgs`);
    const merged = mergeTaskOptions(parent.defaultArgs, defaultArgs);
    const scope = createScope({ place, prefix: `${id}.`, defaultArgs: merged, parent, mapGroup });
    const result = this.run(scope, build, extra);
    const { members } = scope;
    if (members.length === 0) {
      throw new AirtempoError(
        'INVALID_DAG',
        `${place} is empty. Add a task with the task function that its own build function is given, or remove the group.`,
      );
    }
    const ends = { roots: () => rootsOf(members), leaves: () => leavesOf(members) };
    return { group: new GroupRef(this, id, result, ends), members };
  }

  /** The full id of a task or group, which nothing else has. */
  private claimId(scope: Scope, localId: unknown, kind: 'task' | 'group'): string {
    if (scope.finished) throw late(scope.place, `${kind} ${showValue(localId)} was added`);
    if (typeof localId !== 'string' || localId === '') checkTaskId(localId, this.dagId, kind);
    const id = scope.prefix + String(localId);
    checkTaskId(id, this.dagId, kind);
    if (!this.drafts.has(id) && !this.groups.has(id)) return id;
    throw new AirtempoError(
      'DUPLICATE_ID',
      `DAG ${this.dagId} has two tasks or groups with the id ${JSON.stringify(id)}. Rename one of them.`,
    );
  }

  addEdge(upstream: string, downstream: string): void {
    this.openDraft(downstream, `the edge ${upstream} → ${downstream} was added`).upstream.add(upstream);
  }

  markSetup(id: string): void {
    this.openDraft(id, `task ${id} was made a setup`).setup = true;
  }

  markTeardown(id: string, onFailureFailDagrun: boolean): void {
    this.openDraft(id, `task ${id} was made a teardown`).teardown = { onFailureFailDagrun };
  }

  private openDraft(id: string, change: string): Draft {
    if (this.root.finished) throw late(this.root.place, change);
    return this.drafts.get(id) as Draft; // asked for by a TaskRef, which addTask made with its draft
  }

  /** The finished graph. */
  graph(options: Omit<Graph, 'dagId' | 'tasks'>): Graph {
    const tasks = [...this.drafts.values()].map((draft) => Object.freeze(toGraphTask(draft, this.dagId)));
    if (tasks.length === 0) {
      throw new AirtempoError('INVALID_DAG', `DAG ${this.dagId} has no task. Add one in its build function.`);
    }
    const maps = this.maps.length === 0 ? {} : { maps: Object.freeze([...this.maps]) };
    return Object.freeze({ dagId: this.dagId, ...options, ...maps, tasks: Object.freeze(tasks) });
  }
}

/** What a mapped group's build function is given besides. */
interface MapItems {
  readonly item: Readonly<Record<string, MapItem>>;
}

function createScope(
  about: Pick<Scope, 'place' | 'prefix' | 'defaultArgs'> & Partial<Pick<Scope, 'parent' | 'mapGroup'>>,
): Scope {
  return { parent: undefined, mapGroup: undefined, ...about, members: [], finished: false };
}

function refuseStrayItems(used: ReadonlySet<string>, mapGroup: string | undefined, where: string): void {
  const stray = [...used].find((id) => id !== mapGroup);
  if (stray === undefined) return;
  throw new AirtempoError(
    'INVALID_TASK',
    `${where} uses an item of the mapped group ${stray}, and is not in it. Use the item inside its own build function.`,
  );
}

function late(place: string, change: string): AirtempoError {
  return new AirtempoError(
    'INVALID_DAG',
    `${place}: ${change} after its build function had returned. Do it inside that function, which must not be async.`,
  );
}

/** An async build function would go on adding tasks when the graph is long finished. */
function refusePromise(result: unknown, place: string): void {
  const isPromise =
    typeof result === 'object' && result !== null && 'then' in result && !(result instanceof Tasks);
  if (!isPromise) return;
  Promise.resolve(result).catch(() => undefined); // its own failure would only hide this one
  throw new AirtempoError(
    'INVALID_DAG',
    `${place}: its build function is async, and a graph is built at once. Make it synchronous: ` +
      `await what it needs before the DAG is defined, or do that work in a task.`,
  );
}
