#include <CAuditWire.h>
