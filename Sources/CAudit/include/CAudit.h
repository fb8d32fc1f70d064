/* SPDX-License-Identifier: MIT */
/* libaudit and libauparse for Swift, and the few lines where their headers do not import as they are. */
#ifndef CAUDIT_H
#define CAUDIT_H

#include <auparse.h>
#include <libaudit.h>
#include <stdint.h>

/* A field test as libaudit reads it: AUDIT_* field, AUDIT_* operator, value. */
struct ca_field {
	uint32_t field;
	uint32_t op;
	uint32_t value;
};

/* Makes our own failures (no memory) unlike libaudit's, which are small negative numbers. */
#define CA_OWN_ERROR 1000

/*
 * audit_rule_fieldpair_data() on a copy of `word` ("a1&03"), with a rule of its own: that function writes into the word
 * it is given, and may move the rule.
 *
 * Only for fields with a number as value. Not for sessionid and exe, for which it asks the kernel over netlink, and not
 * for two threads at once: it keeps the last arch in a global and calls getpwnam() and getgrnam().
 *
 * 0, or one of libaudit's negative error numbers (lib/errormsg.h).
 */
int ca_field_pair(const char *word, int list, struct ca_field *out);

/* audit_rule_interfield_comp_data(), the argument of -C, in the same way. */
int ca_field_compare(const char *word, int list, struct ca_field *out);

#endif
