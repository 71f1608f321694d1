/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build id of the running kernel: the note that the linker computes from the whole image.  A
 * module contains the id that it was built for.
 */
#include <neurath/init.h>
#include "internal.h"

static char build_id_text[41];

struct build_id_note {
	u32 name_size, id_size, type;
	char name[4];
	u8 id[20];
};

const char *kernel_build_id(void)
{
	extern const struct build_id_note __build_id_start;
	const struct build_id_note *note = &__build_id_start;

	if (!build_id_text[0]) {
		char text[sizeof(build_id_text)];

		for (unsigned int i = 0; i < sizeof(note->id); i++)
			snprintf(text + 2 * i, 3, "%02x", note->id[i]);
		/* every caller writes the same bytes */
		memcpy(build_id_text, text, sizeof(text));
	}
	return build_id_text;
}
