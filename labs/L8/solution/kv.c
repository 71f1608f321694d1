/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server of step 6 of a student's solution. */
/* file: labs/L8/work/kv.c */
/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kv - serves /srv/kv: names with numbers, which outlive the server. "NAME N" sets, "NAME +N" adds; reading shows all.
 *
 * The store is memory of the port. A write has two steps: the server writes the change beside the store, and then the tag of its request. From then on
 * the change has happened. A next server first does it again, which has no further effect. It answers a request with that tag, and changes nothing.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <srv.h>

#define PATH	"/srv/kv"
#define HANDLE	1
#define ENTRIES	64
#define NAME	16

struct entry {
	char name[NAME];
	long value;
};

struct store {
	uint64_t tag;			/* of the request that @change is for; 0: there is none */
	unsigned slot;
	struct entry change;
	unsigned n;
	struct entry entry[ENTRIES];
};

#define STORE_SIZE	(4 * 4096)
#define step()		__asm__ volatile("" ::: "memory")	/* what stands above is written before what follows */

static struct store *store;

/* The store that the last server has left; an empty one for the first. */
static int store_open(struct srv *srv)
{
	store = (struct store *)0x600000000000;
	return srv_memory(srv, store, STORE_SIZE);
}

static void redo(void)
{
	store->entry[store->slot] = store->change;
	step();
	if (store->slot >= store->n)
		store->n = store->slot + 1;
}

static size_t render(char *text, size_t size)
{
	size_t length = 0;

	for (unsigned i = 0; i < store->n; i++)
		length += snprintf(text + length, size - length, "%s %ld\n", store->entry[i].name, store->entry[i].value);
	return length;
}

static int64_t kv_stat(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	static struct port_attr attr = { .node = 1, .mode = S_IFREG | 0666, .nlink = 1 };
	char text[4096];

	attr.size = render(text, sizeof(text));
	attr.version++;
	return srv_data(reply, 0, &attr, sizeof(attr));
}

static int64_t kv_open(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	reply->aux = HANDLE;
	return kv_stat(srv, req, reply);
}

static int64_t kv_read(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	static char text[4096];
	uint64_t size = render(text, sizeof(text)), pos = req->arg[0] < size ? req->arg[0] : size;
	uint64_t n = req->out_len < size - pos ? req->out_len : size - pos;

	return srv_data(reply, (int64_t)n, text + pos, n);
}

/* "NAME N" or "NAME +N", into @change; the place of the name, or -errno. */
static int decode(char *line, struct entry *change)
{
	char *space = strchr(line, ' '), *number = space ? space + 1 : NULL, *end;
	unsigned slot = 0;

	if (!space || space == line || space - line >= NAME)
		return -EINVAL;
	*space = '\0';
	while (slot < store->n && strcmp(store->entry[slot].name, line))
		slot++;
	if (slot == ENTRIES)
		return -ENOSPC;
	memset(change, 0, sizeof(*change));
	strcpy(change->name, line);
	if (!isdigit((unsigned char)number[*number == '+']))
		return -EINVAL;
	change->value = strtol(number, &end, 10);
	if (*end)
		return -EINVAL;
	if (*number == '+' && slot < store->n)
		change->value += store->entry[slot].value;
	return (int)slot;
}

static int64_t kv_write(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	char line[80];
	int64_t length = srv_input(srv, req, line, sizeof(line) - 1);
	struct entry change;
	int slot;

	if (length < 0)
		return length == -EMSGSIZE ? -EINVAL : length;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (req->tag == store->tag)
		return length;		/* by a server that died before it could say so */
	slot = decode(line, &change);
	if (slot < 0)
		return slot;
	store->tag = 0;
	step();
	store->change = change;
	store->slot = slot;
	step();
	store->tag = req->tag;
	step();
	redo();
	return length;
}

/* What `>` asks for. */
static int64_t kv_trunc(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	return 0;
}

int main(void)
{
	static struct srv kv = { .name = "kv", .single_file = true, .op = {
		[PORT_OPEN] = kv_open, [PORT_STAT] = kv_stat, [PORT_READ] = kv_read, [PORT_WRITE] = kv_write, [PORT_TRUNC] = kv_trunc } };
	int ret = srv_take_over(&kv, PATH, PORT_REATTACH, 3);

	if (ret >= 0)
		ret = store_open(&kv);
	if (ret >= 0 && store->tag)
		redo();
	if (ret >= 0)
		ret = srv_mount(&kv, PATH, 0);
	if (ret < 0) {
		fprintf(stderr, "kv: cannot serve %s: %s\n", PATH, strerror(-ret));
		return 1;
	}
	srv_run(&kv);
	return 1;
}
