/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Compiles the headers for user space, so that their static asserts are checked by every build. */
#include "CAuditWire.h"
