/** `mapcp/browser` in the pages of the tests. */
declare const mapcp: typeof import('mapcp/browser');
