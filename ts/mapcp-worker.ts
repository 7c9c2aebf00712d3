// The code of a thread (threads.ts). It copies a shard with its own component in its own sandbox, and then waits for
// the next one.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { lendSandbox } from './api/lent-sandbox.js';
import type { Sandbox } from './api/sandbox.js';
import { type ComponentError, componentErrorOf, type Entry } from './jobs/component.js';
import type { Assignment } from './jobs/threads.js';
import { FREE, IDLE, READY, STOP, type State, type ThreadReport } from './jobs/threads.js';
import { Pace } from './task/pace.js';
import { type Job, REPORT_MILLISECONDS } from './task/task.js';

let isWanted = false;

/** Copies a shard until it is done, fails, or is no longer wanted. */
async function work(port: MessagePort, assignment: Assignment): Promise<void> {
  const { preopens, confinement } = assignment;
  // The instance of the last shard, whose code is compiled and optimized by then.
  const { sandbox, giveBack } = await lendSandbox(preopens, { ...(confinement && { confinement }) });
  let isDone = false;
  try {
    isDone = await workIn(sandbox, port, assignment);
  } finally {
    giveBack(isDone);
  }
}

/** Does the work in this sandbox. Returns whether the shard is done. */
async function workIn(sandbox: Sandbox, port: MessagePort, assignment: Assignment): Promise<boolean> {
  const { source, target, options, measure } = assignment;
  // The caller's thread calls the real listener.
  const onEntry = assignment.reportEntries ? () => {} : undefined;
  const { begin, prepareStep, rest, end } = sandbox.workOn(
    source,
    target,
    { ...options, onEntry },
    (path) => path,
  );
  const job: Job = await begin(measure);
  const entries: Entry[] = [];
  const pace = new Pace();
  let lastReport = performance.now();
  const sendReport = (componentError?: ComponentError) => {
    const report: ThreadReport = {
      progress: job.progress(),
      currentPath: job.currentPath(),
      errors: job.takeErrors(),
      entries: entries.splice(0),
      ...(componentError && { componentError }),
    };
    port.postMessage(report);
  };
  let isDone = false;
  try {
    while (isWanted) {
      prepareStep();
      const started = performance.now();
      const progress = await job.step(pace.budget);
      const now = performance.now();
      pace.took(now - started);
      entries.push(...job.takeEntries());
      if (progress.done || now - lastReport >= REPORT_MILLISECONDS) {
        lastReport = now;
        sendReport();
      }
      isDone = progress.done;
      isWanted &&= !isDone;
      await rest();
    }
  } catch (error) {
    const componentError = componentErrorOf(error);
    if (componentError === undefined) {
      throw error;
    }
    entries.push(...job.takeEntries());
    sendReport(componentError);
  } finally {
    await job.drop();
    end(isDone);
  }
  return isDone;
}

function serve(port: MessagePort, state: State): void {
  port.on('message', async (message: Assignment | typeof STOP) => {
    isWanted = message !== STOP;
    if (message !== STOP) {
      // An error that is not the component's ends the thread. The caller's thread sees that, and reports it.
      try {
        await work(port, message);
      } finally {
        Atomics.store(state, 0, FREE);
        Atomics.notify(state, 0);
      }
      port.postMessage(IDLE);
    }
  });
  port.postMessage(READY);
}

if (parentPort !== null) {
  serve(parentPort, workerData as State);
}
