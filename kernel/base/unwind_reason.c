/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for the result of a walk over a stack (neurath/unwind.h). */
#include <neurath/unwind.h>

notrace const char *unwind_reason_text(enum unwind_reason reason)
{
	switch (reason) {
	case UNWIND_OK:
		return "reliable";
	case UNWIND_RUNNING:
		return "is running";
	case UNWIND_KERNEL_REGS:
		return "interrupted in the kernel";
	case UNWIND_BAD_ADDRESS:
		return "return address outside kernel text";
	case UNWIND_BAD_FRAME:
		return "broken frame pointer";
	case UNWIND_BAD_END:
		return "no known end of the stack";
	case UNWIND_TOO_DEEP:
		return "stack too deep";
	}
	return "unknown";
}
