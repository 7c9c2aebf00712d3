#ifndef MAPCP_POSIX_H
#define MAPCP_POSIX_H

#include "error.h"

/// The POSIX name of an error code, or our own where POSIX has none; as ts/posix.ts has it. Static.
const char *mapcp_code_name(enum mapcp_code code);

/// The name of an operation in the WIT interface. Static.
const char *mapcp_operation_name(enum mapcp_operation operation);

#endif
