/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostfs_9p.c - hostfs against hosts that answer nonsense. First the codec: messages that end at each byte,
 * and wrong types, tags, sizes, strings. Then whole requests against a host that gives well-formed answers
 * with random contents, and damages some of them. In all cases hostfs touches only its own memory, no answer
 * is larger than its buffer, and no name on the host is forgotten or given back twice.
 *
 * sources: user/servers/hostfs/p9.c user/servers/hostfs/client.c user/servers/hostfs/walk.c user/servers/hostfs/file.c user/servers/hostfs/names.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/hostfs -idirafter include
 */
#include <fcntl.h>
#include <tap.h>
#include "fake_host.h"

/* ---- the codec ---------------------------------------------------------------------- */

static void a_message_is_these_bytes(void)
{
	static const uint8_t want[] = { 17, 0, 0, 0, 110, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12,
					4, 0, 'n', 'a', 'm', 'e' };
	struct p9_writer w;

	p9_begin(&w, out, sizeof(out), P9_WALK, 0x1234);
	p9_put(&w, 0x12345678, 4);
	p9_put_string(&w, "name");
	CHECK_EQ(p9_end(&w, 0), sizeof(want));
	CHECK(!memcmp(out, want, sizeof(want)));
	CHECK_EQ(p9_end(&w, 1000), sizeof(want));
	CHECK_EQ(out[0] | out[1] << 8, 1017);
}

static void a_message_that_does_not_fit_is_not_sent(void)
{
	for (size_t size = 0; size < 17; size++) {
		struct p9_writer w;
		uint8_t *exact = malloc(size ? size : 1);

		p9_begin(&w, exact, size, P9_WALK, 1);
		p9_put(&w, 1, 4);
		p9_put_string(&w, "name");
		CHECK_EQ(p9_end(&w, 0), 0);
		free(exact);
	}
}

/* Opens the answer of @len bytes that is in `in`. */
static int open_in(struct p9_reader *r, size_t len, unsigned type, unsigned tag)
{
	return p9_open(r, &(struct p9_answer){ in, sizeof(in), len }, type, tag);
}

static void malformed_answers_are_refused(void)
{
	struct p9_reader r;
	size_t len = answer(in, P9_WALK + 1, 7, "\0\0", 2);

	CHECK_EQ(open_in(&r, len, P9_WALK, 7), 0);
	CHECK_EQ(p9_get(&r, 2), 0);
	CHECK_EQ(p9_check(&r), 0);
	CHECK_EQ(open_in(&r, len, P9_WALK, 8), -EIO);
	CHECK_EQ(open_in(&r, len, P9_READ, 7), -EIO);
	CHECK_EQ(open_in(&r, len, P9_WALK + 1, 7), -EIO);
	CHECK_EQ(open_in(&r, len + 1, P9_WALK, 7), -EIO);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);
		struct p9_answer part = { exact, cut, cut };

		memcpy(exact, in, cut);
		CHECK_EQ(p9_open(&r, &part, P9_WALK, 7), -EIO);
		free(exact);
	}
}

static void valid_errors_are_passed_on(void)
{
	static const struct {
		uint32_t said;
		int is;
	} cases[] = { { ENOENT, -ENOENT }, { ENOSPC, -ENOSPC }, { 4095, -4095 }, { 0, -EIO },
		      { 4096, -EIO }, { UINT32_MAX, -EIO }, { EINTR, -EIO } };
	struct p9_reader r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = answer(in, P9_ERROR + 1, 3, &cases[i].said, 4);

		CHECK_EQ(open_in(&r, len, P9_READ, 3), cases[i].is);
	}
	CHECK_EQ(open_in(&r, answer(in, P9_ERROR + 1, 3, "", 1), P9_READ, 3), -EIO);
}

static void strings_end_with_the_message(void)
{
	struct p9_reader r;
	size_t len;

	answer(in, P9_READLINK + 1, 1, "\4\0abcd", 6);
	CHECK_EQ(open_in(&r, 13, P9_READLINK, 1), 0);
	CHECK(p9_get_string(&r, &len) == (const char *)in + P9_HEAD + 2);
	CHECK_EQ(len, 4);
	in[P9_HEAD] = 5;
	CHECK_EQ(open_in(&r, 13, P9_READLINK, 1), 0);
	CHECK(!p9_get_string(&r, &len));
	CHECK_EQ(len, 0);
	CHECK_EQ(p9_check(&r), -EIO);
	/* After the first missing value, all further reads give nothing. */
	CHECK_EQ(p9_get(&r, 1), 0);
	in[P9_HEAD] = in[P9_HEAD + 1] = 0xff;
	CHECK_EQ(open_in(&r, 13, P9_READLINK, 1), 0);
	CHECK(!p9_get_string(&r, &len));
}

/* ---- random requests ------------------------------------------------------------------ */

static uint64_t state;

static uint32_t any(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

static void torture(unsigned one_in, bool cancel)
{
	state = tap_seed();
	setup();
	for (int round = 0; round < 40; round++) {
		damage = one_in;
		cancelling = cancel;
		for (int i = 0; i < 500; i++)
			random_request();
		close_all();
		/* 64 open files and the fids of one job; a larger number means that fids were lost. */
		CHECK(next_fid() < 64 + 2 * JOB_FIDS);
	}
	CHECK(clunked > 1000);
}

static void answers_may_have_any_contents(void)
{
	torture(0, false);
}

static void some_answers_are_damaged(void)
{
	torture(20, false);
}

static void most_answers_are_damaged(void)
{
	torture(2, false);
}

static void requests_may_be_cancelled_anywhere(void)
{
	torture(50, true);
}

int main(void)
{
	TAP_TEST(a_message_is_these_bytes);
	TAP_TEST(a_message_that_does_not_fit_is_not_sent);
	TAP_TEST(malformed_answers_are_refused);
	TAP_TEST(valid_errors_are_passed_on);
	TAP_TEST(strings_end_with_the_message);
	TAP_TEST(answers_may_have_any_contents);
	TAP_TEST(some_answers_are_damaged);
	TAP_TEST(most_answers_are_damaged);
	TAP_TEST(requests_may_be_cancelled_anywhere);
	return tap_done();
}
