// The clock of the command, in place of the global one, with which Node loads a module that takes a millisecond.

export const performance = {
  /** Returns milliseconds since some moment. */
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1_000_000;
  },
};
