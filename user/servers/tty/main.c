/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tty server: start, opening, attributes. tty.h is the map. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "keyboard.h"
#include "screen.h"
#include "tty.h"
#include "uart.h"

#define LEVEL	0	/* calls no server */
#define TTY_GROUP 5	/* "tty" of /etc/group */

static struct srv tty = { .name = "tty", .single_file = true };

static int64_t answer_with_attr(struct port_reply *reply)
{
	return srv_data(reply, 0, attr, sizeof(*attr));
}

static int64_t tty_open(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	const struct srv_rights terminal = { attr->mode, attr->uid, attr->gid };
	unsigned flags = (unsigned)req->arg[0];

	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if (!(flags & O_PATH) && srv_access(srv, req, &terminal, srv_open_wants(flags)))
		return -EACCES;
	reply->aux = TTY_HANDLE;
	return answer_with_attr(reply);
}

static int64_t tty_stat(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	return answer_with_attr(reply);
}

static int64_t tty_setattr(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	struct port_setattr set;
	int ret = srv_fetch(srv, req, 0, &set, sizeof(set));

	if (ret < 0)
		return ret;
	if (req->uid != 0 &&
	    (req->uid != attr->uid || (set.valid & PORT_SET_UID && set.uid != attr->uid) ||
	     (set.valid & PORT_SET_GID && !srv_in_group(srv, req, set.gid))))
		return -EPERM;
	if (set.valid & PORT_SET_MODE)
		attr->mode = S_IFCHR | (set.mode & 0777);
	if (set.valid & PORT_SET_UID)
		attr->uid = set.uid;
	if (set.valid & PORT_SET_GID)
		attr->gid = set.gid;
	return 0;
}

/* A terminal has no length: O_TRUNC has no effect. */
static int64_t tty_trunc(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	return 0;
}

static void line_signal(struct ldisc *ld, int signal)
{
	/* An empty foreground is no error: the key has no effect. */
	ctty_signal(tty.port, TTY_HANDLE, signal);
}

/* "tty.size=COLSxROWS" on the kernel's command line: a serial line cannot report its size. */
static void read_size(void)
{
	char text[2048];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	unsigned cols, rows;
	const char *option;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	option = strstr(text, "tty.size=");
	if (option && sscanf(option, "tty.size=%ux%u", &cols, &rows) == 2 && cols && rows &&
	    cols < 1000 && rows < 1000) {
		line->winsize.cols = cols;
		line->winsize.rows = rows;
	}
}

/* The initial state of an unused terminal. */
static void set_up(void)
{
	int64_t now = srv_now();

	ldisc_init(line);
	read_size();
	*attr = (struct port_attr){
		.node = TTY_HANDLE,
		/*
		 * /dev/tty is one of its names, and a process that changed its user keeps using
		 * it.
		 */
		.mode = S_IFCHR | 0666,
		.gid = TTY_GROUP,
		.nlink = 1,
		.rdev = makedev(4, 64),
		.atime_ns = now, .mtime_ns = now, .ctime_ns = now,
	};
	keep_begin();
}

/* Screen and keyboard are optional: an error only disables them. */
static void start_seat(bool has_serial)
{
	int ret = screen_init();

	if (ret < 0 && ret != -ENODEV)
		srv_log(&tty, "no screen: %s", strerror(-ret));
	ret = keyboard_init();
	if (ret == 0)
		ret = (int)port_irq(tty.port, KEYBOARD_IRQ, TTY_IRQ_KEYBOARD);
	if (ret == -ENODEV)
		srv_log(&tty, "no keyboard controller: %s", has_serial ?
			"only the serial line types" : "nothing types here");
	else if (ret < 0)
		srv_log(&tty, "no keyboard: %s", strerror(-ret));
	if (!has_serial)
		seat_screen(&tty);
}

static int start_devices(void)
{
	int ret = uart_init();

	start_seat(ret == 0);
	if (ret == -ENODEV) {
		if (!screen_present())
			srv_log(&tty, "no serial port COM1, no screen: the console goes nowhere");
		return 0;
	}
	return ret < 0 ? ret : (int)port_irq(tty.port, UART_IRQ, TTY_IRQ_SERIAL);
}

static int start(void)
{
	static const char *const names[] = { "/dev/ttyS0", "/dev/console", "/dev/tty" };
	int ret = srv_take_over(&tty, names[0], PORT_CANCEL_OK | PORT_REATTACH | PORT_TTY, LEVEL);

	if (ret < 0)
		return ret;
	ret = keep_open(&tty);
	if (ret < 0)
		return ret;
	if (ret == 0)
		set_up();
	line->signal = line_signal;
	ret = start_devices();
	for (size_t i = 0; ret >= 0 && i < sizeof(names) / sizeof(names[0]); i++)
		ret = srv_mount(&tty, names[i], TTY_HANDLE);
	return ret;
}

int main(void)
{
	int ret;

	tty.op[PORT_OPEN] = tty_open;
	tty.op[PORT_STAT] = tty_stat;
	tty.op[PORT_SETATTR] = tty_setattr;
	tty.op[PORT_TRUNC] = tty_trunc;
	io_register(&tty);
	ioctl_register(&tty);
	ret = start();
	if (ret < 0) {
		srv_log(&tty, "cannot start: %s", strerror(-ret));
		return 1;
	}
	srv_started();
	/* Input before this made no edge for this process, and there may be output to continue. */
	tty.irq(&tty, 1 << TTY_IRQ_SERIAL | 1 << TTY_IRQ_KEYBOARD);
	io_progress(&tty);
	srv_run(&tty);
	return 1;
}
