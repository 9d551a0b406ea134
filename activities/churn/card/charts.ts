/** The charts of a model card: what is drawn of which figures. Pure. */
import { MODEL_TITLES, type ComparedModels } from '../metrics.js';
import type { Chart } from './draw.js';

const WIDTH = 440;
const MOST_FEATURES = 15;
/** Told apart by colour-blind eyes, on white and on black (Okabe and Ito). */
const COLOURS = ['#0072b2', '#e69f00', '#009e73'];

const titleOf = (model: string): string => MODEL_TITLES[model] ?? model;

interface Line {
  readonly x: number;
  readonly y: number;
  readonly model: string;
  readonly order: number;
}

function linesOf(curves: ComparedModels['curves'], kind: 'roc' | 'pr' | 'calibration'): readonly Line[] {
  return Object.entries(curves).flatMap(([model, found]) =>
    found[kind].map(([x = 0, y = 0], order) => ({ x, y, model: titleOf(model), order })),
  );
}

function lineChart(
  title: string,
  [x, y]: readonly [string, string],
  lines: readonly Line[],
  diagonal: boolean,
): Chart {
  const axis = (field: 'x' | 'y', name: string): object => ({
    field,
    type: 'quantitative',
    title: name,
    scale: { domain: [0, 1] },
  });
  const curve = {
    data: { values: lines },
    mark: { type: 'line', strokeWidth: 2, interpolate: 'linear' },
    encoding: {
      x: axis('x', x),
      y: axis('y', y),
      order: { field: 'order' },
      color: { field: 'model', type: 'nominal', scale: { range: COLOURS }, sort: null },
    },
  };
  const guess = {
    data: { values: [{ x: 0, y: 0 }, { x: 1, y: 1 }] },
    mark: { type: 'line', strokeDash: [4, 4], color: 'gray', strokeWidth: 1 },
    encoding: { x: axis('x', x), y: axis('y', y) },
  }; // prettier-ignore
  return { title, spec: { layer: diagonal ? [guess, curve] : [curve] }, width: WIDTH, height: 340 };
}

/** ROC, precision-recall and calibration of the models of a protocol. */
export function drawCurves({ curves }: ComparedModels): readonly Chart[] {
  return [
    lineChart('ROC: found churners against false alarms', ['stayers called churners', 'churners found'], linesOf(curves, 'roc'), true),
    lineChart('Precision and recall', ['churners found (recall)', 'right among those called (precision)'], linesOf(curves, 'pr'), false),
    lineChart('Calibration: tenths of the users by score', ['mean score', 'share that churned'], linesOf(curves, 'calibration'), true),
  ]; // prettier-ignore
}

/** The original's feature-importance plot: bars, the most important first. */
export function drawImportance(
  title: string,
  axis: string,
  ranking: readonly { readonly feature: string; readonly value: number }[],
): Chart {
  const values = ranking.slice(0, MOST_FEATURES);
  const spec = {
    data: { values },
    mark: { type: 'bar', color: COLOURS[0] },
    encoding: {
      x: { field: 'value', type: 'quantitative', title: axis },
      y: { field: 'feature', type: 'nominal', sort: null, title: null },
    },
  };
  return { title, spec, width: WIDTH, height: 40 + 22 * values.length };
}
