#include "CAudit.h"
