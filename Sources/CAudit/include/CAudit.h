/* SPDX-License-Identifier: MIT */
/* libaudit and libauparse for Swift, and the few lines where their headers do not import as they are. */
#ifndef CAUDIT_H
#define CAUDIT_H

#include <auparse.h>
#include <libaudit.h>

#endif
