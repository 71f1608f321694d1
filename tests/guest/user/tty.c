/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tty.c - the console as programs use it: modes, timed reads, flushing, sizes, readiness.  There is no
 * typing during these tests; tests/system/test_shell.py types. tests/host/tty_ldisc.c compares the line
 * discipline byte for byte.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <tap.h>

static struct termios saved;

static int open_console(int flags)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY | flags);

	CHECK(fd >= 0);
	CHECK_EQ(tcgetattr(fd, &saved), 0);
	CHECK_EQ(tcflush(fd, TCIFLUSH), 0);
	return fd;
}

static void set_raw(int fd, int min, int time)
{
	struct termios raw = saved;

	raw.c_lflag &= ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = min;
	raw.c_cc[VTIME] = time;
	CHECK_EQ(tcsetattr(fd, TCSANOW, &raw), 0);
}

static void restore(int fd)
{
	CHECK_EQ(tcsetattr(fd, TCSAFLUSH, &saved), 0);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void three_names_are_terminals(void)
{
	static const char *const names[] = { "/dev/console", "/dev/ttyS0", "/dev/tty" };
	struct stat st;

	for (int i = 0; i < 3; i++) {
		int fd = open(names[i], O_RDWR | O_NOCTTY);

		CHECK(fd >= 0);
		CHECK(isatty(fd));
		CHECK_EQ(fstat(fd, &st), 0);
		CHECK(S_ISCHR(st.st_mode));
		CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
		close(fd);
	}
	CHECK_ERR(open("/dev/tty", O_RDONLY | O_DIRECTORY), ENOTDIR);
}

static void modes_are_kept_as_set(void)
{
	int fd = open_console(0);
	struct termios set = saved, got;

	set.c_lflag ^= ECHOK | NOFLSH;
	set.c_iflag ^= IXANY;
	set.c_cc[VINTR] = 7;
	CHECK_EQ(tcsetattr(fd, TCSADRAIN, &set), 0);
	CHECK_EQ(tcgetattr(fd, &got), 0);
	restore(fd);
	CHECK_EQ(got.c_lflag, set.c_lflag);
	CHECK_EQ(got.c_iflag, set.c_iflag);
	CHECK_EQ(got.c_cc[VINTR], 7);
}

static void nonblocking_read_of_nothing_is_eagain(void)
{
	int fd = open_console(O_NONBLOCK);
	char byte;
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	CHECK_ERR(read(fd, &byte, 1), EAGAIN);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLOUT);
}

static void timed_read_returns_after_its_time(void)
{
	int fd = open_console(0);
	double start;
	char byte;

	set_raw(fd, 0, 2);
	start = now();
	CHECK_EQ(read(fd, &byte, 1), 0);
	CHECK(now() - start >= 0.19);
	set_raw(fd, 0, 0);
	CHECK_EQ(read(fd, &byte, 1), 0);
	restore(fd);
}

static void on_signal(int signal)
{
}

/* With SA_RESTART the read restarts, otherwise it fails; the terminal stays usable in both cases. */
static void signal_interrupts_a_read(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd = open_console(0);
	char byte;

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	/* The alarm repeats, because the first one may come before the read. */
	ualarm(100000, 100000);
	CHECK_ERR(read(fd, &byte, 1), EINTR);
	set_raw(fd, 0, 3);
	action.sa_flags = SA_RESTART;
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	ualarm(50000, 0);
	CHECK_EQ(read(fd, &byte, 1), 0);
	restore(fd);
}

static int size_changes;

static void on_winch(int signal)
{
	size_changes++;
}

static void size_is_kept_and_announced(void)
{
	int fd = open_console(0);
	struct winsize old, set, got;

	signal(SIGWINCH, on_winch);
	CHECK_EQ(ioctl(fd, TIOCGWINSZ, &old), 0);
	CHECK(old.ws_row && old.ws_col);
	set = old;
	set.ws_row += 3;
	CHECK_EQ(ioctl(fd, TIOCSWINSZ, &set), 0);
	CHECK_EQ(ioctl(fd, TIOCGWINSZ, &got), 0);
	CHECK_EQ(ioctl(fd, TIOCSWINSZ, &old), 0);
	CHECK_EQ(got.ws_row, old.ws_row + 3);
	CHECK(size_changes >= 1);
}

static void counts_and_flushes_answer(void)
{
	int fd = open_console(0), n = -1;

	CHECK_EQ(ioctl(fd, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tcdrain(fd), 0);
	CHECK_EQ(ioctl(fd, TIOCOUTQ, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tcflush(fd, TCIOFLUSH), 0);
	CHECK_ERR(tcflush(fd, 77), EINVAL);
	CHECK_ERR(ioctl(fd, TIOCSTI, "x"), EIO);
	CHECK_ERR(ioctl(fd, 0x12345678, 0), ENOTTY);
}

/*
 * Several writers send long output, and all of it is sent. The output is carriage returns, so that the log
 * shows nothing of it.
 */
static void much_output_is_sent(void)
{
	static char blanks[20000];
	int fd = open_console(0);

	memset(blanks, '\r', sizeof(blanks));
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(write(fd, blanks, sizeof(blanks)) != sizeof(blanks));
	for (int i = 0; i < 3; i++) {
		int status;

		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(tcdrain(fd), 0);
}

static void stopped_output_waits_for_start(void)
{
	int fd = open_console(0), status;
	struct timespec pause = { 0, 50000000 };
	pid_t drainer;

	CHECK_EQ(tcflow(fd, TCOOFF), 0);
	CHECK_EQ(write(fd, "\r", 1), 1);
	drainer = fork();
	if (drainer == 0)
		_exit(tcdrain(fd) != 0);
	nanosleep(&pause, NULL);
	CHECK_EQ(waitpid(drainer, &status, WNOHANG), 0);
	CHECK_EQ(tcflow(fd, TCOON), 0);
	CHECK_EQ(waitpid(drainer, &status, 0), drainer);
	CHECK_EQ(status, 0);
}

static void session_without_a_terminal_has_no_dev_tty(void)
{
	CHECK(setsid() > 0);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
}

int main(void)
{
	TAP_TEST(three_names_are_terminals);
	TAP_TEST(modes_are_kept_as_set);
	TAP_TEST(nonblocking_read_of_nothing_is_eagain);
	TAP_TEST(timed_read_returns_after_its_time);
	TAP_TEST(signal_interrupts_a_read);
	TAP_TEST(size_is_kept_and_announced);
	TAP_TEST(counts_and_flushes_answer);
	TAP_TEST(much_output_is_sent);
	TAP_TEST(stopped_output_waits_for_start);
	TAP_TEST(session_without_a_terminal_has_no_dev_tty);
	return tap_done();
}
