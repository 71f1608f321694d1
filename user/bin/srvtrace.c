/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srvtrace - prints the calls of a server when they are answered; like strace for ports.
 * srvtrace(1) describes it; the kernel's side is /proc/ports and /proc/ports_trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uapi/port.h>

#define PORTS_MAX	16
#define TRACE		"/proc/ports_trace"

struct record {
	uint64_t number, time, duration, port, handle, arg[2], aux;
	int64_t status;
	int pid, error;
	unsigned op, flags, in, out, moved;
	char input[256], comm[32];
};

struct sum {
	unsigned long calls, errors;
	uint64_t time;
};

static uint64_t ports[PORTS_MAX];
static unsigned port_count;
static volatile sig_atomic_t stopped;
static int only_pid;
static struct sum sums[64];

#define OP_NAME(name, nr, doc) [nr] = #name,
static const char *const op_names[64] = { PORT_OPS(OP_NAME) };

static void stop(int sig)
{
	stopped = 1;
}

/* ---- the traced ports ----------------------------------------------------------------- */

/* The server of the longest mount point that contains the path. */
static bool server_of_path(const char *path, char server[64])
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[512], source[64], place[256];
	size_t best = 0;

	while (mounts && fgets(line, sizeof(line), mounts)) {
		size_t n;

		if (sscanf(line, "%63s %255s", source, place) != 2)
			continue;
		n = strlen(place);
		if (strncmp(path, place, n) || (n > 1 && path[n] && path[n] != '/') || n < best)
			continue;
		best = n;
		strcpy(server, source);
	}
	if (mounts)
		fclose(mounts);
	return best;
}

/* The ports of a server by its name, or the port of that number. */
static void find_ports(const char *name)
{
	FILE *file = fopen("/proc/ports", "re");
	char line[256], server[64], id[24];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%23s %63s", id, server) == 2 && port_count < PORTS_MAX &&
		    (!strcmp(server, name) || !strcmp(id, name)))
			ports[port_count++] = strtoull(id, NULL, 10);
	}
	if (file)
		fclose(file);
}

static bool choose(const char *what)
{
	char server[64];

	if (what[0] == '/' && server_of_path(what, server))
		find_ports(server);
	else
		find_ports(what);
	if (port_count)
		return true;
	fprintf(stderr, "srvtrace: %s: no server is there; /proc/ports lists them\n", what);
	return false;
}

static bool switch_ports(int fd, bool on)
{
	char text[24];

	for (unsigned i = 0; i < port_count; i++) {
		int n = snprintf(text, sizeof(text), "%s%" PRIu64, on ? "" : "-", ports[i]);

		if (write(fd, text, (size_t)n) < 0 && on) {
			fprintf(stderr, "srvtrace: port %s: %s\n", text, strerror(errno));
			return false;
		}
	}
	return true;
}

/* ---- one call ------------------------------------------------------------------------- */

static bool parse(const char *line, struct record *r)
{
	return sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %d %u %u %" SCNu64
		      " %" SCNu64 " %" SCNu64 " %u %u %u %d %" SCNd64 " %" SCNu64 " %255s %31[^\n]",
		      &r->number, &r->time, &r->duration, &r->port, &r->pid, &r->op, &r->flags,
		      &r->handle, &r->arg[0], &r->arg[1], &r->in, &r->out, &r->moved, &r->error,
		      &r->status, &r->aux, r->input, r->comm) == 18;
}

static void print_input(const struct record *r)
{
	unsigned byte;

	if (!r->in)
		return;
	if (r->input[0] == '-') {
		printf(", in %u bytes", r->in);
		return;
	}
	printf(", \"");
	for (const char *p = r->input; sscanf(p, "%2x", &byte) == 1; p += 2)
		printf(byte < 32 || byte > 126 || strchr("\"\\", (int)byte) ? "\\x%02x" : "%c",
		       byte);
	printf("\"%s", r->in > strlen(r->input) / 2 ? "..." : "");
}

static void print_call(const struct record *r)
{
	const char *op = r->op < 64 && op_names[r->op] ? op_names[r->op] : "?";
	int64_t result = r->error ? r->error : r->status;

	printf("%" PRIu64 ".%06" PRIu64 " %s[%d] %s(%#" PRIx64, r->time / 1000000000,
	       r->time / 1000 % 1000000, r->comm, r->pid, op, r->handle);
	print_input(r);
	printf(", %#" PRIx64 ", %#" PRIx64, r->arg[0], r->arg[1]);
	if (r->out)
		printf(", out %u", r->out);
	printf(") = %" PRId64, result);
	if (result < 0 && result > -512)
		printf(" (%s)", strerror((int)-result));
	else if (result < 0)
		printf(" (to be restarted)");
	if (r->aux)
		printf(", %#" PRIx64, r->aux);
	printf(" <%" PRIu64 ".%06" PRIu64 ">\n", r->duration / 1000000000,
	       r->duration / 1000 % 1000000);
	fflush(stdout);
}

static void count(const struct record *r)
{
	struct sum *s = &sums[r->op % 64];

	s->calls++;
	s->errors += r->error || r->status < 0;
	s->time += r->duration;
}

static void print_sums(void)
{
	printf("     calls    errors   usecs/call  operation\n");
	for (unsigned op = 0; op < 64; op++)
		if (sums[op].calls)
			printf("%10lu %9lu %12" PRIu64 "  %s\n", sums[op].calls, sums[op].errors,
			       sums[op].time / sums[op].calls / 1000,
			       op_names[op] ? op_names[op] : "?");
}

/* ---- the loop ------------------------------------------------------------------------- */

static bool is_ours(const struct record *r)
{
	/* Tracing its own writes to a traced terminal would not end. */
	if (r->pid == getpid() || (only_pid && r->pid != only_pid))
		return false;
	for (unsigned i = 0; i < port_count; i++)
		if (ports[i] == r->port)
			return true;
	return false;
}

static void follow(int fd, long limit, bool summary)
{
	uint64_t next = 0;
	char line[600];

	while (!stopped && limit) {
		ssize_t n = read(fd, line, sizeof(line) - 1);
		struct record r;

		if (n < 0)
			break;
		line[n] = '\0';
		if (!parse(line, &r))
			continue;
		if (next && r.number > next)
			printf("(%" PRIu64 " calls of traced ports were lost)\n", r.number - next);
		next = r.number + 1;
		if (!is_ours(&r))
			continue;
		if (summary)
			count(&r);
		else
			print_call(&r);
		limit -= limit > 0;
	}
}

static int usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: srvtrace [-c] [-n CALLS] [-p PID] PATH | SERVER | PORT\n"
		"  the calls that the server at PATH (/srv/NAME, /, /dev/console ...) answers\n"
		"  -c  counts and times for each operation, at the end (Ctrl-C)\n"
		"  -n  ends after so many calls\n"
		"  -p  only calls of the thread PID\n");
	return status;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };	/* no SA_RESTART: read() ends */
	bool summary = false;
	long limit = -1;
	int option, fd;

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(0);
	while ((option = getopt(argc, argv, "cn:p:h")) != -1) {
		if (option == 'c')
			summary = true;
		else if (option == 'n')
			limit = atol(optarg);
		else if (option == 'p')
			only_pid = atoi(optarg);
		else
			return usage(option != 'h');
	}
	if (optind + 1 != argc)
		return usage(1);
	if (!choose(argv[optind]))
		return 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	fd = open(TRACE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "srvtrace: %s: %s\n", TRACE, strerror(errno));
		return 1;
	}
	if (!switch_ports(fd, true))
		return 1;
	follow(fd, limit, summary);
	switch_ports(fd, false);
	if (summary)
		print_sums();
	return 0;
}
