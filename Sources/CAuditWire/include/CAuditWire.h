/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef CAUDITWIRE_H
#define CAUDITWIRE_H

#include "wire.h"
#include "capture.h"
#include "selection.h"
#include "shape.h"
#include "statistics.h"
#include "controls.h"

#endif
