/** What came from Kafka since the last run, into a lake on S3. */
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import { checkIngestedLake } from '../../activities/kafka/check-ingested-lake.js';
import { dag } from '../../index.js';
import { PATIENT } from './options.js';

export default dag('chaos_lake', { schedule: null, maxActiveRuns: 1, defaultArgs: PATIENT }, ({ task }) => {
  const lake = { lake: 's3://lake/kafka/', connId: 'aws_credentials', memoryLimit: '500MB' };
  task('ingest', kafkaIngest, { connId: 'kafka', topic: 'events', sink: { kind: 'lake', ...lake } }).then(
    task('check', checkIngestedLake, { ...lake, topic: 'events' }),
  );
});
