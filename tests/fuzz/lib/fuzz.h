/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz.h - the interface of a target (tests/fuzz/targets): its one function, the input as a sequence of numbers
 * and bytes, and CHECK, which ends the program. For files with the kernel's headers and for files with the host's.
 *
 * An input that ends early gives zeroes, so every input means something.
 */
#ifndef FUZZ_H
#define FUZZ_H

typedef unsigned char fuzz_byte;
typedef __SIZE_TYPE__ fuzz_size;

/* Handles one input. The next input finds the state that this one found. */
int LLVMFuzzerTestOneInput(const fuzz_byte *data, fuzz_size size);

/* Prints what is wrong, and aborts. */
void fuzz_fail(const char *what, const char *file, int line) __attribute__((noreturn));

#undef CHECK
#define CHECK(e)	((e) ? (void)0 : fuzz_fail(#e, __FILE__, __LINE__))
#define CHECK_EQ(a, b)	CHECK((a) == (b))

struct fuzz_input {
	const fuzz_byte *at, *end;
};

static inline fuzz_size fuzz_left(const struct fuzz_input *in)
{
	return (fuzz_size)(in->end - in->at);
}

/* The next @bytes bytes as a little-endian number. */
static inline unsigned long fuzz_number(struct fuzz_input *in, unsigned bytes)
{
	unsigned long value = 0;

	for (unsigned i = 0; i < bytes && in->at < in->end; i++)
		value |= (unsigned long)*in->at++ << 8 * i;
	return value;
}

/* A number below @n, which is not 0. */
static inline unsigned long fuzz_below(struct fuzz_input *in, unsigned n)
{
	return fuzz_number(in, n > 256 ? n > 65536 ? 4 : 2 : 1) % n;
}

/* The next bytes, at most @most; *@n is their number. */
static inline const fuzz_byte *fuzz_bytes(struct fuzz_input *in, fuzz_size most, fuzz_size *n)
{
	const fuzz_byte *bytes = in->at;

	*n = most < fuzz_left(in) ? most : fuzz_left(in);
	in->at += *n;
	return bytes;
}

#endif
