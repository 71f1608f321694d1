/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.c - runs a target on files, without a fuzzer: `make test` and a search for the cause of a fault.
 * Names each file before it runs, so that the last line names the one that ends the program. Each input lies
 * in memory of its exact size, and the sanitizer knows its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

static void run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size;
	fuzz_byte *bytes;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		fuzz_fail("the file can be read", path, 0);
	rewind(file);
	bytes = malloc(size ? size : 1);
	if (fread(bytes, 1, size, file) != (size_t)size)
		fuzz_fail("the file can be read", path, 0);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		printf("%s\n", argv[i]);
		run_file(argv[i]);
	}
	return 0;
}
