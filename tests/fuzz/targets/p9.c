/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * p9.c - hostfs, with a host that answers anything: the input chooses the requests of clients, the contents of each
 * answer, the damage to it, and where a request is cancelled. hostfs touches only its own memory, no reply is
 * larger than its buffer or malformed, and no name on the host is forgotten or given back twice.
 *
 * world: host
 * sources: user/servers/hostfs/p9.c user/servers/hostfs/client.c user/servers/hostfs/walk.c user/servers/hostfs/file.c
 * sources: user/servers/hostfs/names.c user/lib/srv.c user/lib/srv_util.c
 * flags: -Iuser/lib -Iuser/servers/hostfs
 * length: 4096
 */
#include "fuzz.h"
#include "fake_host.h"

static struct fuzz_input input;
static bool calm;		/* the host does what it is asked for */

static uint32_t any(uint32_t below)
{
	return calm ? below - 1 : fuzz_below(&input, below);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static bool ready;

	calm = true;
	if (!ready)
		setup();
	ready = true;
	calm = false;
	input = (struct fuzz_input){ bytes, bytes + size };
	damage = any(8);
	cancelling = any(2);
	for (int n = 0; fuzz_left(&input) && n < 200; n++)
		random_request();
	close_all();
	calm = true;
	/* 64 open files and the fids of one job; a larger number means that fids were lost. */
	CHECK(next_fid() < 64 + 2 * JOB_FIDS);
	return 0;
}
