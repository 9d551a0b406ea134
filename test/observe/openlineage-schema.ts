/**
 * What the OpenLineage specification (2-0-2, https://openlineage.io/spec) asks of a run event and of the facets that we
 * send, as JSON Schema in our own words: required fields, types and formats.
 */
const uri = { type: 'string', format: 'uri' } as const;
const facet = (required: readonly string[], properties: object): object => ({
  type: 'object',
  required: ['_producer', '_schemaURL', ...required],
  properties: { _producer: uri, _schemaURL: uri, ...properties },
});
const text = { type: 'string', minLength: 1 } as const;
const instant = { type: 'string', format: 'date-time' } as const;
const runRef = {
  type: 'object',
  required: ['runId'],
  properties: { runId: { type: 'string', format: 'uuid' } },
};
const jobRef = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: { namespace: text, name: text },
};
const parent = { run: runRef, job: jobRef };
const dataset = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: {
    namespace: text,
    name: text,
    facets: {
      type: 'object',
      properties: {
        schema: facet([], {
          fields: {
            type: 'array',
            items: { type: 'object', required: ['name'], properties: { name: text } },
          },
        }),
      },
    },
    outputFacets: {
      type: 'object',
      properties: {
        outputStatistics: facet([], { rowCount: { type: 'integer' }, size: { type: 'integer' } }),
      },
    },
  },
};

export const RUN_EVENT_SCHEMA = {
  type: 'object',
  required: ['eventType', 'eventTime', 'producer', 'schemaURL', 'run', 'job'],
  additionalProperties: false,
  properties: {
    eventType: { enum: ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] },
    eventTime: instant,
    producer: uri,
    schemaURL: uri,
    run: {
      ...runRef,
      properties: {
        ...runRef.properties,
        facets: {
          type: 'object',
          properties: {
            nominalTime: facet(['nominalStartTime'], { nominalStartTime: instant, nominalEndTime: instant }),
            parent: facet(['run', 'job'], {
              ...parent,
              root: { type: 'object', required: ['run', 'job'], properties: parent },
            }),
            errorMessage: facet(['message', 'programmingLanguage'], {
              message: text,
              programmingLanguage: text,
            }),
          },
        },
      },
    },
    job: {
      ...jobRef,
      properties: {
        ...jobRef.properties,
        facets: {
          type: 'object',
          properties: {
            jobType: facet(['processingType', 'integration'], {
              processingType: { enum: ['BATCH', 'STREAMING', 'SERVICE'] },
              integration: text,
              jobType: text,
            }),
          },
        },
      },
    },
    inputs: { type: 'array', items: dataset },
    outputs: { type: 'array', items: dataset },
  },
} as const;
