/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console: a login shell, or the script for which the machine was started. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "init.h"

#define CONSOLE	"/dev/console"
#define SHELL	"/bin/sh"
#define AUTORUN	"/boot/autorun"
#define HOME	"/root"

static const char greeting[] =
	"\n"
	"Neurath. This kernel can replace its own functions while it runs.\n"
	"\n";

int console_take(void)
{
	int fd;

	setsid();
	fd = open(CONSOLE, O_RDWR);
	if (fd < 0)
		return -errno;
	ioctl(fd, TIOCSCTTY, 1);
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (i != fd)
			dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

/* A shell that died in raw mode must not leave the terminal in that mode for the next one. */
static void sane_terminal(void)
{
	struct termios termios;

	if (tcgetattr(STDIN_FILENO, &termios) < 0)
		return;
	termios.c_iflag |= ICRNL | IXON;
	termios.c_iflag &= ~(INLCR | IGNCR | ISTRIP);
	termios.c_oflag |= OPOST | ONLCR;
	termios.c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	tcsetattr(STDIN_FILENO, TCSANOW, &termios);
}

static void set_environment(void)
{
	setenv("HOME", HOME, 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", SHELL, 1);
	setenv("TERM", "vt102", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	if (chdir(HOME) < 0)
		(void)!chdir("/");
}

/* Does both; on failure errno is set for the caller's message. */
static bool prepare(void)
{
	int ret = console_take();

	if (ret < 0) {
		errno = -ret;
		return false;
	}
	sane_terminal();
	set_environment();
	return true;
}

void become_shell(const struct job *job)
{
	if (prepare())
		execl(SHELL, "-sh", (char *)NULL);
}

void become_autorun(const struct job *job)
{
	if (prepare())
		execl(SHELL, SHELL, AUTORUN, (char *)NULL);
}

bool console_has_autorun(void)
{
	return access(AUTORUN, F_OK) == 0;
}

void console_greet(void)
{
	int fd = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, greeting, sizeof(greeting) - 1);
	close(fd);
}

void console_drain(void)
{
	int fd = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	tcdrain(fd);
	close(fd);
}
