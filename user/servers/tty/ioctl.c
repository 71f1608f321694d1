/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioctl(2) on the terminal.  The kernel handles the commands for sessions, process groups and the
 * controlling terminal.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "tty.h"

static struct srv_queue draining;
static struct ktermios answer_termios;

static int64_t answer_int(const struct port_request *req, struct port_reply *reply, int value)
{
	static int answer;

	if (req->out_len < sizeof(answer))
		return -EINVAL;
	answer = value;
	return srv_data(reply, 0, &answer, sizeof(answer));
}

static int64_t get_termios(const struct port_request *req, struct port_reply *reply)
{
	if (req->out_len < sizeof(answer_termios))
		return -EINVAL;
	answer_termios = line->termios;
	return srv_data(reply, 0, &answer_termios, sizeof(answer_termios));
}

static int64_t set_termios(struct srv *srv, const struct port_request *req)
{
	struct ktermios termios;
	int ret = srv_fetch(srv, req, 0, &termios, sizeof(termios));

	if (ret < 0)
		return ret;
	if (req->arg[0] == TCSETSF)
		ldisc_flush_input(line);
	ldisc_set_termios(line, &termios);
	return 0;
}

static int64_t set_winsize(struct srv *srv, const struct port_request *req)
{
	struct kwinsize winsize;
	int ret = srv_fetch(srv, req, 0, &winsize, sizeof(winsize));

	if (ret < 0)
		return ret;
	if (memcmp(&winsize, &line->winsize, sizeof(winsize)) == 0)
		return 0;
	line->winsize = winsize;
	ctty_signal(srv->port, TTY_HANDLE, SIGWINCH);
	return 0;
}

static int64_t get_winsize(const struct port_request *req, struct port_reply *reply)
{
	if (req->out_len < sizeof(line->winsize))
		return -EINVAL;
	return srv_data(reply, 0, &line->winsize, sizeof(line->winsize));
}

static int64_t flush(uint64_t which)
{
	if (which != TCIFLUSH && which != TCOFLUSH && which != TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		ldisc_flush_input(line);
	if (which != TCIFLUSH)
		ldisc_flush_output(line);
	return 0;
}

static int64_t flow(uint64_t which)
{
	switch (which) {
	case TCOOFF:
		line->stopped = true;
		return 0;
	case TCOON:
		line->stopped = false;
		return 0;
	case TCIOFF:
	case TCION:
		ldisc_put(line, line->termios.cc[which == TCIOFF ? VSTOP : VSTART]);
		return 0;
	}
	return -EINVAL;
}

/* True if the command waits until all output has been sent. */
static bool drains_first(const struct port_request *req)
{
	return req->arg[0] == TCSETSW || req->arg[0] == TCSETSF || req->arg[0] == TCSBRK;
}

static int64_t perform(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	switch (req->arg[0]) {
	case TCGETS:
		return get_termios(req, reply);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(srv, req);
	case TIOCGWINSZ:
		return get_winsize(req, reply);
	case TIOCSWINSZ:
		return set_winsize(srv, req);
	case FIONREAD:
		return answer_int(req, reply, (int)ldisc_readable_bytes(line));
	case TIOCOUTQ:
		return answer_int(req, reply, (int)ldisc_out_count(line));
	case TCFLSH:
		return flush(req->arg[1]);
	case TCXONC:
		return flow(req->arg[1]);
	case TCSBRK:			/* tcdrain; a break cannot be sent */
		return 0;
	case TIOCSTI:			/* typing for other users is a security hole */
		return -EIO;
	}
	return -ENOTTY;
}

static int64_t tty_ioctl(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	if (drains_first(req) && !io_is_drained())
		return srv_park(srv, &draining, req, 0);
	return perform(srv, req, reply);
}

bool ioctl_waits_for_drain(void)
{
	return draining.first != NULL;
}

bool ioctl_drained(struct srv *srv)
{
	bool waited = ioctl_waits_for_drain();

	while (draining.first) {
		struct port_reply nothing = { 0 };
		int64_t status = perform(srv, &draining.first->req, &nothing);

		srv_answer(srv, draining.first, status, NULL, 0);
	}
	return waited;
}

void ioctl_register(struct srv *srv)
{
	srv->op[PORT_IOCTL] = tty_ioctl;
}
