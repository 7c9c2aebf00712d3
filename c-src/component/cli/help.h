#ifndef MAPCP_HELP_H
#define MAPCP_HELP_H

/// How mapcp is called: a line for each way.
extern const char mapcp_usage[];

/// The rest of what --help prints.
extern const char mapcp_help[];

/// What --version prints.
extern const char mapcp_version[];

#endif
