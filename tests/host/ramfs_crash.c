/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs_crash.c - ramfs dies between two instructions: a child handles a request, is stepped for a random
 * number of instructions, and is killed.  The next process (the parent) must find the file system as it was
 * either before or after the request. When the request is received again, with its old tag, answer and
 * result must be those of an undisturbed request.
 *
 * sources: user/servers/ramfs/keep.c user/servers/ramfs/undo.c user/servers/ramfs/heap.c user/servers/ramfs/cred.c user/servers/ramfs/request.c user/servers/ramfs/pages.c user/servers/ramfs/data.c user/servers/ramfs/node.c user/servers/ramfs/dir.c user/servers/ramfs/path.c user/servers/ramfs/ops.c user/servers/ramfs/names.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/ramfs -idirafter include
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tap.h>
#include "fake_port.h"
#include "ramfs.h"

#define TRIALS		200
#define SETTLING	2500		/* undisturbed requests, which make a tree first */
#define MAX_STEPS	12000
#define FILES_BYTES	(4u << 20)

static struct srv srv;
static unsigned long rng;

static unsigned pick(unsigned n)
{
	rng = rng * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(rng >> 33) % n;
}

static void setup(void)
{
	struct cred super = { 0, 0 };

	srv.name = "ramfs";
	srv_start(&srv, 0, 1);
	cred_init(&srv);
	ops_register(&srv);
	names_register(&srv);
	requests_register(&srv, open_again);
	CHECK_EQ(keep_open(&srv, FILES_BYTES), 0);
	kept->root = node_create(S_IFDIR | 0755, super);
	kept->root->nlink++;
	keep_begin(&srv);
	rng = tap_seed();
}

/* ---- requests ------------------------------------------------------------------------------------ */

struct step {
	struct port_request req;
	char input[20000];
	bool close;			/* the step is a CLOSE note instead of a request */
};

/* Few names and little depth, so that different requests use the same files. */
static uint32_t random_path(char *path)
{
	int depth = 1 + pick(3), used = 0;

	for (int i = 0; i < depth; i++)
		used += sprintf(path + used, "%s%c%s", i ? "/" : "", 'a' + pick(4),
				pick(8) ? "" : "-with-a-rather-long-name-that-is-of-another-size");
	return used;
}

static void random_two(struct step *step)
{
	step->req.arg[0] = random_path(step->input);
	step->req.in_len = step->req.arg[0] + random_path(step->input + step->req.arg[0]);
}

static void random_path_request(struct step *step)
{
	static const uint16_t ops[] = { PORT_OPEN, PORT_OPEN, PORT_OPEN, PORT_MKNOD, PORT_UNLINK,
					PORT_RENAME, PORT_RENAME, PORT_LINK, PORT_SYMLINK,
					PORT_SETATTR };
	static const int flags[] = { O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL,
				     O_RDWR | O_TRUNC, O_RDONLY };
	struct port_setattr set = { PORT_SET_MODE | PORT_SET_UID | PORT_SET_GID, 0600, 5, 6, 0, 0 };

	step->req.op = ops[pick(10)];
	step->req.flags = PORT_REQ_PATH;
	switch (step->req.op) {
	case PORT_RENAME:
	case PORT_LINK:
	case PORT_SYMLINK:
		random_two(step);
		return;
	case PORT_SETATTR:
		memcpy(step->input, &set, sizeof(set));
		step->req.in_len = sizeof(set) + random_path(step->input + sizeof(set));
		return;
	case PORT_OPEN:
		step->req.arg[0] = flags[pick(4)];
		step->req.arg[1] = 0644;
		break;
	case PORT_MKNOD:
		step->req.arg[0] = S_IFDIR | 0755;
		break;
	case PORT_UNLINK:
		step->req.arg[0] = pick(2);
		break;
	}
	step->req.in_len = random_path(step->input);
}

static void random_handle_request(struct step *step)
{
	unsigned kind = pick(fake_nr_handles > 12 ? 2 : 5);

	step->req.handle = fake_handles[pick(fake_nr_handles)];
	if (kind < 2) {
		step->close = true;
	} else if (kind == 2) {
		step->req.op = PORT_TRUNC;
		step->req.arg[0] = pick(60000);
	} else {
		step->req.op = PORT_WRITE;
		step->req.arg[0] = pick(50000);
		step->req.arg[1] = pick(2) ? O_APPEND : 0;
		step->req.in_len = 1 + (pick(3) ? pick(200) : pick(sizeof(step->input) - 1));
		for (uint32_t i = 0; i < step->req.in_len; i++)
			step->input[i] = 'a' + pick(26);
	}
}

static void random_step(struct step *step)
{
	memset(step, 0, sizeof(*step));
	if (fake_nr_handles && pick(2))
		random_handle_request(step);
	else
		random_path_request(step);
}

static struct port_reply perform(struct step *step)
{
	static char room[SRV_PATH_MAX];

	if (step->close) {
		fake_note(&srv, PORT_NOTE_CLOSE, 0, step->req.handle);
		return (struct port_reply){ 0 };
	}
	step->req.out_len = sizeof(room);
	return fake_do(&srv, step->req, step->input, room);
}

/* Records what the kernel remembers of an answer that it received. */
static void account(const struct step *step, const struct port_reply *reply)
{
	if (step->req.op == PORT_OPEN && reply->status >= 0)
		fake_handles[fake_nr_handles++] = reply->aux;
	for (size_t i = 0; step->close && i < fake_nr_handles; i++) {
		if (fake_handles[i] != step->req.handle)
			continue;
		fake_handles[i] = fake_handles[--fake_nr_handles];
		return;
	}
}

/* ---- the state that must be equal ----------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 1099511628211ull;
	return hash;
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
	return mix(hash, &number, sizeof(number));
}

static uint64_t mix_file(uint64_t hash, const struct data *data)
{
	size_t len;

	for (uint64_t pos = 0; pos < data->size; pos += len) {
		const uint8_t *run = data_run(data, pos, data->size - pos, &len);

		hash = mix(hash, run, len);
	}
	return mix_number(hash, data->used);
}

static uint64_t mix_dir(uint64_t hash, const struct node *node)
{
	for (uint32_t i = 0; i < node->dir.count; i++) {
		struct entry *entry = node->dir.list[i];

		if (entry->dir != node || dir_find(node, entry->name, entry->len) != entry)
			CHECK_FAIL("the name %s is in a wrong place", entry->name);
		hash = mix(hash, entry->name, entry->len);
		hash = mix_number(mix_number(hash, entry->node->ino), entry->seq);
	}
	return hash;
}

/* The whole file system as one number; with @contents also the bytes of files. */
static uint64_t state(bool contents)
{
	uint64_t hash = 14695981039346656037ull;

	CHECK(!kept->dying);
	CHECK_EQ(kept->log_used, 0);
	for (uint32_t i = 0; i < kept->table_room; i++) {
		const struct node *node = kept->table[i];
		struct port_attr attr;

		if (!node)
			continue;
		node_attr(node, &attr);
		hash = mix_number(mix_number(mix_number(hash, attr.node), attr.mode), attr.nlink);
		hash = mix_number(mix_number(mix_number(hash, attr.uid), attr.gid), attr.size);
		hash = mix_number(mix_number(hash, node->opens), node->handle);
		if (S_ISREG(node->mode) && contents)
			hash = mix_file(hash, &node->file);
		else if (S_ISDIR(node->mode))
			hash = mix_dir(hash, node);
		else if (S_ISLNK(node->mode))
			hash = mix(hash, node->link.target, node->link.len);
	}
	hash = mix_number(mix_number(hash, kept->nodes_used), kept->nr_entries);
	return mix_number(mix_number(hash, kept->objects), kept->pages_used);
}

/* ---- dying ------------------------------------------------------------------------------------------ */

static char *backup;

static void save(void)
{
	memcpy(backup, kept, fake_memory_size);
}

static void restore(void)
{
	memcpy(kept, backup, fake_memory_size);
}

/* Handles @step in a child that dies after @steps instructions; false if the child was ready before. */
static bool die_in(struct step *step, unsigned steps)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		perform(step);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	while (WIFSTOPPED(status) && steps--) {
		CHECK_EQ(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
		CHECK_EQ(waitpid(child, &status, 0), child);
	}
	if (!WIFSTOPPED(status))
		return false;
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	return true;
}

static void expect_same_answer(const struct step *step, const struct port_reply *a,
			       const struct port_reply *b)
{
	if (a->status != b->status || (a->status >= 0 && a->aux != b->aux))
		CHECK_FAIL("op %u: answered %lld/%llu, again %lld/%llu", step->req.op,
			   (long long)a->status, (unsigned long long)a->aux, (long long)b->status,
			   (unsigned long long)b->aux);
}

/* One request with a death after @steps instructions; true if the child died during the request. */
static bool one_trial(struct step *step, unsigned steps)
{
	bool contents = step->req.op != PORT_WRITE, died;
	uint64_t tag = fake_next_tag, before, after, found;
	struct port_reply reply, again;

	before = state(contents);
	save();
	reply = perform(step);
	found = state(contents);
	after = state(true);
	restore();
	fake_next_tag = tag;
	died = die_in(step, steps);
	/* A note is gone once it was received: the kernel's list says which files are open. */
	if (step->close)
		account(step, &reply);
	CHECK_EQ(keep_open(&srv, FILES_BYTES), 1);
	if (!step->close && state(contents) != before) {
		/* An open whose answer was lost does not count as open. */
		if (step->req.op != PORT_OPEN && state(contents) != found)
			CHECK_FAIL("op %u is half done after %u instructions", step->req.op, steps);
	}
	if (!step->close) {
		again = perform(step);
		expect_same_answer(step, &reply, &again);
		account(step, &reply);
	}
	if (state(true) != after)
		CHECK_FAIL("op %u, dead after %u instructions, ends in another state", step->req.op,
			   steps);
	return died;
}

static void death_between_two_instructions_is_not_seen(void)
{
	static struct step step;
	unsigned deaths = 0;

	setup();
	backup = malloc(fake_memory_size);
	CHECK(backup);
	for (int i = 0; i < SETTLING; i++) {
		struct port_reply reply;

		random_step(&step);
		reply = perform(&step);
		account(&step, &reply);
	}
	for (int i = 0; i < TRIALS; i++) {
		random_step(&step);
		deaths += one_trial(&step, pick(4) ? pick(MAX_STEPS / 8) : pick(MAX_STEPS));
	}
	CHECK(deaths > TRIALS / 4);
	tap_line("# %u of %u died in the middle", deaths, TRIALS);
}

int main(void)
{
	TAP_TEST(death_between_two_instructions_is_not_seen);
	return tap_done();
}
