// SPDX-License-Identifier: MIT
/*
 * The kernel's own audit with rules of the list io_uring, which auditctl 3.0.9 cannot give. Turns it on, says "waiting", and when its standard input ends
 * takes the rules away, turns it off, and prints the records: "TYPE TEXT" each. Usage: ring_audit DIRECTORY RULE ..., where a rule is
 * LIST:OPERATION,...:KEY, "never:" before it for a rule that refuses, and LIST a number as in linux/audit.h.
 *
 * Ends with 3 where the kernel has no audit or somebody else uses it: there is a daemon, or there are rules.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define RULES_MAX 16

static union {
	struct nlmsghdr head;
	char bytes[NLMSG_SPACE(16384)];
} message;
static char rules[RULES_MAX][sizeof(struct audit_rule_data) + AUDIT_MAX_KEY_LEN];

static int open_netlink(unsigned int groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT), room = 16 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		fprintf(stderr, "no audit: %s\n", strerror(errno));
		exit(3);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

/* Sends a request and waits for the acknowledgement. Of what comes before it `seen` is told. */
static int request(int fd, int type, const void *data, size_t size, void (*seen)(const struct nlmsghdr *))
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	message.head = (struct nlmsghdr){ .nlmsg_len = NLMSG_SPACE(size), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	memcpy(NLMSG_DATA(&message.head), data, size);
	if (sendto(fd, &message, message.head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	for (;;) {
		if (recv(fd, &message, sizeof(message), 0) < 0)
			return -errno;
		if (message.head.nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(&message.head))->error;
		if (seen)
			seen(&message.head);
	}
}

static struct audit_status status;
static int rule_count;

static void note(const struct nlmsghdr *head)
{
	if (head->nlmsg_type == AUDIT_GET)
		memcpy(&status, NLMSG_DATA(head), sizeof(status));
}

static size_t make_rule(char *bytes, const char *text)
{
	struct audit_rule_data *rule = (struct audit_rule_data *)bytes;
	char *end;

	rule->action = AUDIT_ALWAYS;
	if (!strncmp(text, "never:", 6)) {
		rule->action = AUDIT_NEVER;
		text += 6;
	}
	rule->flags = strtoul(text, &end, 10);
	do {
		unsigned long number = strtoul(end + 1, &end, 10);

		rule->mask[AUDIT_WORD(number)] |= AUDIT_BIT(number);
	} while (*end == ',');
	if (*end == ':' && end[1]) {
		rule->field_count = 1;
		rule->fields[0] = AUDIT_FILTERKEY;
		rule->fieldflags[0] = AUDIT_EQUAL;
		rule->values[0] = rule->buflen = strlen(end + 1);
		memcpy(rule->buf, end + 1, rule->buflen);
	}
	return sizeof(*rule) + rule->buflen;
}

/* Whether there are rules: AUDIT_LIST_RULES answers with one message each, then NLMSG_DONE. */
static int has_rules(int fd)
{
	struct timeval patience = { .tv_sec = 5 };
	int error = request(fd, AUDIT_LIST_RULES, "", 0, NULL), count = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (!error && recv(fd, &message, sizeof(message), 0) > 0 && message.head.nlmsg_type == AUDIT_LIST_RULES)
		count++;
	return error ? error : count;
}

int main(int argc, char **argv)
{
	int control = open_netlink(0), fd, error = request(control, AUDIT_GET, "", 0, note);
	size_t sizes[RULES_MAX];
	struct audit_status enable = { .mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_BACKLOG_LIMIT, .enabled = 1, .backlog_limit = 8192 };
	char letter;

	if (argc < 3 || argc > 2 + RULES_MAX)
		return 2;
	/* The answer to AUDIT_GET may come behind the acknowledgement. */
	if (!error && !status.mask && recv(control, &message, sizeof(message), MSG_DONTWAIT) > 0)
		note(&message.head);
	if (!error && status.pid)
		error = -EBUSY;
	if (!error && has_rules(control) != 0)
		error = -EBUSY;
	if (!error)
		error = request(control, AUDIT_SET, &enable, sizeof(enable), NULL);
	for (int i = 2; !error && i < argc; i++, rule_count += !error) {
		sizes[i - 2] = make_rule(rules[i - 2], argv[i]);
		error = request(control, AUDIT_ADD_RULE, rules[i - 2], sizes[i - 2], NULL);
	}
	fd = open_netlink(1 << (AUDIT_NLGRP_READLOG - 1));
	if (!error) {
		printf("waiting\n");
		fflush(stdout);
		while (read(0, &letter, 1) > 0)
			;
		usleep(300000);
	}
	for (int i = 0; i < rule_count; i++)
		request(control, AUDIT_DEL_RULE, rules[i], sizes[i], NULL);
	if (rule_count || !error) {
		enable.mask = AUDIT_STATUS_ENABLED;
		enable.enabled = 0;
		request(control, AUDIT_SET, &enable, sizeof(enable), NULL);
	}
	if (error) {
		fprintf(stderr, "the kernel's audit cannot be used: %s\n", strerror(-error));
		return 3;
	}
	for (ssize_t size; (size = recv(fd, &message, sizeof(message), MSG_DONTWAIT)) > 0;) {
		size_t head = NLMSG_HDRLEN;

		printf("%d %.*s\n", message.head.nlmsg_type, (int)strnlen(message.bytes + head, size - head), message.bytes + head);
	}
	printf("end\n");
	return 0;
}
