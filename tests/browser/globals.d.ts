/** `mapcp/browser` in the pages of the tests. */
declare const mapcp: typeof import('mapcp/browser');

/** `mapcp/browser/run` in the pages that load it. */
declare const programs: typeof import('mapcp/browser/run');
