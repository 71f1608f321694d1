/* SPDX-License-Identifier: GPL-2.0-or-later */
/* change.c - klp load, enable, disable, unload, signal and force. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "klp.h"

/* Advice for a module that the kernel has refused. */
static const char *load_advice(int error)
{
	switch (error) {
	case EEXIST:
		return "it is loaded already; `klp status` shows its state";
	case ENOEXEC:
		return "no module for this kernel (`make module SRC=...`); "
		       "`dmesg` says what is wrong";
	case ENOENT:
		return "a symbol or the file is missing; `dmesg` names the symbol";
	case EINVAL:
		return "the kernel refuses the patch; `dmesg` says why";
	case EBUSY:
		return "another transition runs; `klp status`, then `klp wait NAME`";
	case EPERM:
		return "only root may load modules";
	}
	return "`dmesg` may say more";
}

static void join(char *out, size_t size, char **words, int count)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < count && used < size; i++)
		used += snprintf(out + used, size - used, "%s%s", used ? " " : "", words[i]);
}

int cmd_load(const char *file, char **parameters, int count, const struct options *options)
{
	char text[1024], patch[NAME_BYTES];
	int fd = open_module(file), error;

	if (fd < 0) {
		complain("%s: %s", file, strerror(errno));
		return 1;
	}
	join(text, sizeof(text), parameters, count);
	error = syscall(SYS_finit_module, fd, text, 0) < 0 ? errno : 0;
	close(fd);
	if (error) {
		complain("%s: %s: %s", file, strerror(error), load_advice(error));
		return 1;
	}
	module_name(patch, file);
	return options->wait ? wait_settled(patch, options) : DONE;
}

static const char *switch_advice(int error)
{
	switch (error) {
	case EBUSY:
		return "a transition of another patch runs (`klp status`, then `klp wait` for it), "
		       "or a patch was made on top of this one (`dmesg` says which: disable that "
		       "first)";
	case EINVAL:
		return "it is in that state already; `klp status` shows it";
	case EPERM:
		return "the patch was forced, or you are not root";
	}
	return "`dmesg` may say more";
}

static int set_enabled(const char *patch, const char *value)
{
	int ret;

	if (!check_loaded(patch))
		return 1;
	ret = set_number(patch, "enabled", value);
	if (ret < 0)
		complain("%s: %s: %s", patch, strerror(-ret), switch_advice(-ret));
	return ret < 0;
}

int cmd_enable(const char *patch, const struct options *options)
{
	if (set_enabled(patch, "1"))
		return REFUSED;
	return options->wait ? wait_settled(patch, options) : DONE;
}

int cmd_disable(const char *patch, const struct options *options)
{
	if (set_enabled(patch, "0"))
		return REFUSED;
	return options->wait ? wait_gone(patch, options) : DONE;
}

/* For a patch that is disabled or replaced, or becoming so, it only waits. */
int cmd_unload(const char *patch, const struct options *options)
{
	int status;

	if (get_number(patch, "enabled") == 1 && set_enabled(patch, "0"))
		return REFUSED;
	status = wait_gone(patch, options);
	if (status)
		return status;
	if (syscall(SYS_delete_module, patch, O_NONBLOCK) < 0) {
		complain("%s: %s: %s", patch, strerror(errno),
			 errno == ENOENT ? "no such module; `klp list` shows what is loaded"
					 : "`lsmod` and `dmesg` may say more");
		return 1;
	}
	return 0;
}

int cmd_poke(const char *patch, const char *attribute)
{
	int ret;

	if (!check_loaded(patch))
		return 1;
	ret = set_number(patch, attribute, "1");
	if (ret == -EINVAL)
		complain("%s: no transition of this patch runs", patch);
	else if (ret == -ENOENT)
		complain("%s: this kernel has no `%s`", patch, attribute);
	else if (ret < 0)
		complain("%s: %s: %s", patch, attribute, strerror(-ret));
	return ret < 0;
}
