// The thread of a worker of a divided job (divided-job.ts): a share of it, by a component of its own in a sandbox of
// its own.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { failureOf } from './component.js';
import type { Assignment, Told } from './divided-job.js';
import { openSandbox } from './sandbox.js';
import { type Job, REPORT_MILLISECONDS, STEP_BYTES } from './task.js';

async function work(port: MessagePort, assignment: Assignment): Promise<void> {
  const { preopens, confinement, source, target, options, measure } = assignment;
  const tell = (told: Told) => port.postMessage(told);
  let isWanted = true;
  port.once('message', () => {
    isWanted = false;
  });
  using sandbox = await openSandbox(preopens, { ...(confinement && { confinement }), allowOverlap: true });
  const { begin, prepareStep, rest, end } = sandbox.workOn(source, target, options, (path) => path);
  let job: Job | undefined;
  let lastReport = performance.now();
  try {
    job = await begin(measure);
    while (isWanted) {
      prepareStep();
      const progress = await job.step(STEP_BYTES);
      if (progress.done || performance.now() - lastReport >= REPORT_MILLISECONDS) {
        lastReport = performance.now();
        tell({ progress, currentPath: job.currentPath(), problems: job.takeProblems() });
      }
      isWanted &&= !progress.done;
      await rest();
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) {
      throw error;
    }
    tell({ failure });
  } finally {
    await job?.drop();
    end();
  }
}

if (parentPort !== null) {
  // An open port would keep the thread.
  await work(parentPort, workerData as Assignment).finally(() => parentPort?.close());
}
