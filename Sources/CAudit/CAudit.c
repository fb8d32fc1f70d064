// SPDX-License-Identifier: MIT
#include "CAudit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Both of libaudit's readers of a field take these. */
typedef int reader(struct audit_rule_data **rule, const char *word, int list);

static int read_word(reader *read, const char *word, int list, struct ca_field *out)
{
	struct audit_rule_data *rule = audit_rule_create_data();
	char *copy = strdup(word);
	int rc = -ENOMEM * CA_OWN_ERROR;

	if (rule && copy) {
		rc = read(&rule, copy, list);
		if (rc == 0) {
			out->field = rule->fields[0];
			out->op = rule->fieldflags[0];
			out->value = rule->values[0];
		}
	}
	free(copy);
	audit_rule_free_data(rule);
	return rc;
}

int ca_field_pair(const char *word, int list, struct ca_field *out)
{
	return read_word(audit_rule_fieldpair_data, word, list, out);
}

int ca_field_compare(const char *word, int list, struct ca_field *out)
{
	return read_word(audit_rule_interfield_comp_data, word, list, out);
}
