// The thread of a worker of a divided job (divided-job.ts): a share of it, by a component of its own in a sandbox of
// its own.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Entry, type Failure, failureOf } from './component.js';
import type { Assignment, Told } from './divided-job.js';
import { openSandbox } from './sandbox.js';
import { type Job, REPORT_MILLISECONDS, STEP_BYTES } from './task.js';

async function work(port: MessagePort, assignment: Assignment): Promise<void> {
  const { preopens, confinement, source, target, options, measure } = assignment;
  let isWanted = true;
  port.once('message', () => {
    isWanted = false;
  });
  using sandbox = await openSandbox(preopens, { ...(confinement && { confinement }), allowOverlap: true });
  // Whom it is told to is known where the worker was started.
  const onEntry = assignment.reportEntries ? () => {} : undefined;
  const { begin, prepareStep, rest, end } = sandbox.workOn(
    source,
    target,
    { ...options, onEntry },
    (path) => path,
  );
  const job: Job = await begin(measure);
  const entries: Entry[] = [];
  let lastReport = performance.now();
  const tell = (failure?: Failure) => {
    const told: Told = {
      progress: job.progress(),
      currentPath: job.currentPath(),
      problems: job.takeProblems(),
      entries: entries.splice(0),
      ...(failure && { failure }),
    };
    port.postMessage(told);
  };
  try {
    while (isWanted) {
      prepareStep();
      const progress = await job.step(STEP_BYTES);
      entries.push(...job.takeEntries());
      if (progress.done || performance.now() - lastReport >= REPORT_MILLISECONDS) {
        lastReport = performance.now();
        tell();
      }
      isWanted &&= !progress.done;
      await rest();
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) {
      throw error;
    }
    entries.push(...job.takeEntries());
    tell(failure);
  } finally {
    await job.drop();
    end();
  }
}

if (parentPort !== null) {
  // An open port would keep the thread.
  await work(parentPort, workerData as Assignment).finally(() => parentPort?.close());
}
