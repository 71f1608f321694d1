/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_sha256.c - kernel/lib/sha256.c: the standard's examples, and messages of every length around the
 * borders of blocks, compared with the implementation of the tests.
 */
#include <stdlib.h>
#include "../lib/sha256.h"
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
#define NEURATH_STRING_H
#include <neurath/types.h>
#include "../../kernel/lib/sha256.c"

static void check_digest(const void *message, size_t size, const char *expected)
{
	unsigned char digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];

	sha256(message, size, digest);
	for (int i = 0; i < SHA256_SIZE; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	CHECK_STR(text, expected);
}

static void examples_of_the_standard(void)
{
	char *million = malloc(1000000);

	check_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	check_digest(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void every_length_up_to_some_blocks(void)
{
	unsigned char message[300], digest[SHA256_SIZE], other[SHA256_SIZE];

	for (size_t size = 0; size <= sizeof(message); size++) {
		for (size_t i = 0; i < size; i++)
			message[i] = (unsigned char)(i * 7 + size);
		sha256(message, size, digest);
		sha_of(message, size, other);
		CHECK(memcmp(digest, other, SHA256_SIZE) == 0);
	}
}

int main(void)
{
	TAP_TEST(examples_of_the_standard);
	TAP_TEST(every_length_up_to_some_blocks);
	return tap_done();
}
