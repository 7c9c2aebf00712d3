// Prints the counts of a vitest JSON report: `node .ci/count.mjs REPORT` prints "PASSED FAILED SKIPPED".

import { readFileSync } from 'node:fs';
import process from 'node:process';

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
if (report.numTotalTests === 0) {
  throw new Error('the report holds no test');
}
// A file that cannot be loaded has failed, although none of its tests has.
const broken = report.testResults.filter(
  (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
    file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = report.numFailedTests + broken;
process.stdout.write(`${report.numPassedTests} ${failed} ${report.numPendingTests + report.numTodoTests}\n`);
