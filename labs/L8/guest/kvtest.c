/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvtest: a server of /srv/kv (/host/kv) dies at each point of its life in turn, while a client adds to a number. For every point, the next server continues,
 * the client sees no error, and the number is right: no addition was lost, and no addition was made twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH	"/srv/kv"

static const char *token;
static pid_t server;

static void result(const char *name, int good, const char *detail)
{
	printf("KV %s %s %s #%s\n", name, good ? "good" : "bad", detail, token);
	fflush(stdout);
}

static void start(int kill_at)
{
	char at[20];

	snprintf(at, sizeof(at), "%d", kill_at);
	server = fork();
	if (server == 0) {
		setenv("KILL_AT", at, 1);
		execl("/host/kv", "kv", (char *)NULL);
		_exit(127);
	}
}

static void stop(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* 0 or an errno. */
static int put(const char *line)
{
	int fd = open(PATH, O_WRONLY | O_TRUNC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		error = errno ? errno : EIO;
	close(fd);
	return error;
}

static const char *text(void)
{
	static char buf[4096];
	int fd = open(PATH, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	for (char *p = buf; *p; p++)
		if (*p == '\n')
			*p = ',';
	return buf;
}

static void expect(const char *name, const char *wanted)
{
	const char *is = text();
	char detail[300];

	snprintf(detail, sizeof(detail), "expected '%.120s', found '%.120s'", wanted, is);
	result(name, strcmp(is, wanted) == 0, detail);
}

/* Ends the server at its @k-th point; false if it has fewer points. If the number is not @total then, prints a line with the number. */
static int die_at(int k, int add, long total)
{
	char line[40], wanted[60], name[20];
	pid_t client, first;
	int status, killed;

	stop();
	start(k);
	snprintf(line, sizeof(line), "a +%d\n", add);
	client = fork();
	if (client == 0)
		_exit(put(line));
	first = waitpid(-1, &status, 0);
	killed = first == server;
	if (!killed)
		stop();
	start(0);
	if (killed)
		waitpid(client, &status, 0);
	snprintf(name, sizeof(name), "at%d", k);
	snprintf(wanted, sizeof(wanted), "a %ld,b 7,", total);
	if (status)
		result(name, 0, "the client saw an error");
	else if (strcmp(text(), wanted))
		expect(name, wanted);
	return killed;
}

int main(int argc, char **argv)
{
	long total = atol(argv[1]);
	struct stat st;
	char line[40];
	int k = 0;

	token = getenv("TAP_TOKEN");
	start(0);
	while (stat(PATH, &st))
		usleep(10000);
	snprintf(line, sizeof(line), "a %ld\n", total);
	result("set", put(line) == 0 && put("b 3\n") == 0 && put("b +4\n") == 0, "three writes must succeed");
	result("refuse", put("nonsense\n") == EINVAL && put("b +x\n") == EINVAL && put("\n") == EINVAL, "lines that mean nothing are EINVAL");
	snprintf(line, sizeof(line), "a %ld,b 7,", total);
	expect("shown", line);
	do {
		k++;
		total += 1 + k % 97;
	} while (die_at(k, 1 + k % 97, total));
	printf("KV points %d #%s\n", k, token);
	stop();
	return 0;
}
