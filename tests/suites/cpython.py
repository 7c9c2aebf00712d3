# Runs the tests of one module of CPython, such as `test.test_os`, and prints a line for each test that passes or fails.

import sys
import traceback
import unittest

# The first entry is this script's directory. The interpreter contains most of its standard library, which comes first:
# the tests may be from a later patch release.
sys.path[0:1] = []
sys.path.append("/lib")

from test import support

# Leave out tests that need the network, much time or much space, as `python -m test` does.
support.use_resources = []


# These crash the interpreter. Most recurse more deeply than its stack allows.
CRASHING = {
    "testRecursiveRepr",
    "test_glob_dotdot",
    "test_glob_many_open_files",
    "test_recursive_repr",
    "test_stringio_setstate",
}


class Results(unittest.TestResult):
    def report(self, verdict, test):
        sys.__stdout__.write(f"\n--- {verdict}: {test.id()}\n")
        sys.__stdout__.flush()

    def addSuccess(self, test):
        self.report("PASS", test)

    def addExpectedFailure(self, test, err):
        self.report("PASS", test)

    def addUnexpectedSuccess(self, test):
        self.report("FAIL", test)

    def addFailure(self, test, err):
        self.report("FAIL", test)
        traceback.print_exception(*err)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(test, err)


def each_test(tests):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from each_test(test)
        elif test.id().rpartition(".")[2] not in CRASHING:
            yield test


tests = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1])
unittest.TestSuite(each_test(tests)).run(Results())
print("\n--- END", flush=True)
