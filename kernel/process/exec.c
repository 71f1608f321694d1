/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execve: a new program in the same process.
 *
 * First everything that can fail is prepared beside the running image: the file,
 * strings, a complete address space with its stack, the ids.  Then the other
 * threads die.  Then the exchange, which cannot fail: the old program never sees
 * half of it.
 */
#include <neurath/klp_sched.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/futex.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include "exec_image.h"
#include "internal.h"

/* ---- preparation -------------------------------------------------------------- */

/*
 * "#! interpreter [argument]": 0 and the next file in image->path, -ENOEXEC if the
 * file is no script.
 */
static int exec_parse_script(struct exec_image *image)
{
	char line[EXEC_HEAD_SIZE + 1], *name, *arg, *end;
	char *path;
	int err;

	if (memcmp(image->head, "#!", 2))
		return -ENOEXEC;
	memcpy(line, image->head, EXEC_HEAD_SIZE);
	line[EXEC_HEAD_SIZE] = 0;
	end = strchr(line, '\n');
	if (end)
		*end = 0;
	else if (strlen(line) == EXEC_HEAD_SIZE)
		return -ENOEXEC;		/* cut off: better none than a wrong one */
	end = line + strlen(line);
	while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = 0;
	for (name = line + 2; *name == ' ' || *name == '\t'; name++)
		;
	if (!*name)
		return -ENOEXEC;
	for (arg = name; *arg && *arg != ' ' && *arg != '\t'; arg++)
		;
	while (*arg == ' ' || *arg == '\t')
		*arg++ = 0;
	/* interpreter [argument] path rest...: argv[0] gives way. */
	exec_strings_drop_first(&image->args);
	err = exec_strings_prepend(&image->args, image->path);
	if (!err && *arg)
		err = exec_strings_prepend(&image->args, arg);
	if (!err)
		err = exec_strings_prepend(&image->args, name);
	path = err ? NULL : kstrdup(name, GFP_USER);
	if (!path)
		return err ? err : -ENOMEM;
	kfree(image->path);
	image->path = path;
	return 0;
}

/* Set-user-id and set-group-id bits of the program (not of a script). */
static int exec_prepare_ids(struct exec_image *image)
{
	struct process *p = current->process;
	struct stat st;
	int err;

	image->uid = p->cred.euid;
	image->gid = p->cred.egid;
	err = file_stat(image->file, &st);
	if (err)
		return err;
	if (!p->no_new_privs && ptrace_allows_setuid()) {
		if (st.st_mode & S_ISUID)
			image->uid = st.st_uid;
		/* Without group execution the bit means mandatory locking. */
		if ((st.st_mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
			image->gid = st.st_gid;
	}
	image->secure = image->uid != p->cred.uid || image->gid != p->cred.gid;
	return 0;
}

static int exec_prepare(struct exec_image *image)
{
	int err;

	for (unsigned depth = 0;; depth++) {
		if (depth > EXEC_MAX_SCRIPTS)
			return -ELOOP;
		err = exec_open(image);
		if (err)
			return err;
		err = exec_parse_script(image);
		if (err)
			break;
		exec_close(image);
	}
	if (err != -ENOEXEC)
		return err;
	err = exec_prepare_ids(image);
	if (!err)
		err = exec_load_elf(image);
	return err ? err : exec_build_stack(image);
}

/* ---- other threads -------------------------------------------------------------- */

/* current, not the leader, becomes it: the process keeps its id. */
static void exec_become_leader(struct process *p)
{
	struct task *old = p->leader;
	unsigned long flags;
	u64 user, sys;

	task_cputime(old, &user, &sys);
	spin_lock_irqsave(&tasklist_lock, flags);
	task_swap_pids(current, old);
	session_pid_moved(old, current);
	klp_pid_moved();
	spin_lock(&p->lock);
	p->leader = current;
	p->utime += user;
	p->stime += sys;
	list_del_init(&old->thread_node);
	spin_unlock(&p->lock);
	ptrace_unlink(old);
	task_unpublish(old);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* Alone in the process afterwards, or -EAGAIN/-EINTR: current is dying itself. */
static int exec_kill_others(struct process *p)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&p->lock, flags);
	if (p->sig_flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_EXEC)) {
		spin_unlock_irqrestore(&p->lock, flags);
		return -EAGAIN;
	}
	if (p->nr_threads == 1) {
		spin_unlock_irqrestore(&p->lock, flags);
		if (p->leader != current)
			exec_become_leader(p);
		return 0;
	}
	p->sig_flags |= SIGNAL_GROUP_EXEC;
	p->exec_task = current;
	signal_zap_other_threads(p);
	spin_unlock_irqrestore(&p->lock, flags);
	err = wait_event_killable(p->wait_child, READ_ONCE(p->nr_threads) == 1);
	spin_lock_irqsave(&p->lock, flags);
	p->sig_flags &= ~SIGNAL_GROUP_EXEC;
	p->exec_task = NULL;
	spin_unlock_irqrestore(&p->lock, flags);
	if (err)
		return -EINTR;
	if (p->leader != current)
		exec_become_leader(p);
	return 0;
}

/* ---- the exchange ----------------------------------------------------------- */

static void exec_set_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	strscpy(current->comm, slash ? slash + 1 : path, sizeof(current->comm));
}

static void exec_commit_process(struct process *p, struct exec_image *image, char *exe_path)
{
	struct file *old_exe;
	char *old_path;
	unsigned long flags;

	file_get(image->file);
	spin_lock_irqsave(&p->lock, flags);
	old_exe = p->exe;
	old_path = p->exe_path;
	p->exe = image->file;
	p->exe_path = exe_path;
	if (current->trace.tracer && !current->trace.privileged) {
		/* It may have come since exec_prepare_ids() looked. */
		image->uid = p->cred.euid;
		image->gid = p->cred.egid;
	}
	p->cred.euid = p->cred.suid = p->cred.fsuid = image->uid;
	p->cred.egid = p->cred.sgid = p->cred.fsgid = image->gid;
	if (image->secure)
		p->pdeath_signal = 0;
	p->did_exec = true;
	spin_unlock_irqrestore(&p->lock, flags);
	kfree(old_path);
	if (old_exe)
		file_put(old_exe);
}

static void exec_commit(struct exec_image *image, char *exe_path)
{
	process_mm_release(current);
	/* Its memory shows what the file hides.  Said before anybody can find it. */
	image->mm->dumpable = !image->secure && !image->unreadable;
	mm_switch_to_new(image->mm);
	image->mm = NULL;
	exec_commit_process(current->process, image, exe_path);
	exec_set_name(image->execfn);
	current->pflags &= ~(PF_FORKNOEXEC | PF_SERVER);
	signal_exec_reset();
	files_close_on_exec(current->files);
	arch_fpu_reset();
	arch_exec_regs(kstack_user_regs(current->stack), image->entry, image->stack_pointer);
}

/* The shared files of a vfork child become its own before close-on-exec works on them. */
static int exec_unshare_files(void)
{
	struct files *old = current->files, *new;
	unsigned long flags;

	if (!files_shared(old))
		return 0;
	new = files_copy(old);
	if (!new)
		return -ENOMEM;
	spin_lock_irqsave(&current->pi_lock, flags);	/* /proc looks at other tasks' */
	current->files = new;
	spin_unlock_irqrestore(&current->pi_lock, flags);
	files_put(old);
	return 0;
}

static int exec_replace(struct exec_image *image)
{
	char *exe_path;
	int err = exec_prepare(image);

	if (err)
		return err;
	exe_path = kstrdup(image->file->path ? image->file->path : image->path, GFP_USER);
	if (!exe_path)
		return -ENOMEM;
	err = exec_unshare_files();
	if (!err)
		err = exec_kill_others(current->process);
	if (err) {
		kfree(exe_path);
		return err;
	}
	exec_commit(image, exe_path);
	return 0;
}

static void exec_image_free(struct exec_image *image)
{
	exec_close(image);
	if (image->mm)
		mm_put(image->mm);
	kfree(image->path);
	exec_strings_free(&image->args);
	exec_strings_free(&image->env);
}

long process_exec(const char *path, const char __user *const __user *argv,
		  const char __user *const __user *envp)
{
	struct exec_image image = { .execfn = path };
	pid_t old_pid = current->pid;
	int err;

	image.path = kstrdup(path, GFP_USER);
	err = image.path ? exec_strings_add_user(&image.args, argv) : -ENOMEM;
	if (!err)
		err = exec_strings_add_user(&image.env, envp);
	/* A program may rely on argv[0]. */
	if (!err && !image.args.count)
		err = exec_strings_add(&image.args, "");
	if (!err)
		err = exec_replace(&image);
	exec_image_free(&image);
	if (!err)
		ptrace_exec_done(old_pid);
	return err;
}

long process_exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
	struct exec_image image = { .execfn = path };
	int err;

	image.path = kstrdup(path, GFP_USER);
	err = image.path ? 0 : -ENOMEM;
	for (; !err && *argv; argv++)
		err = exec_strings_add(&image.args, *argv);
	for (; !err && *envp; envp++)
		err = exec_strings_add(&image.env, *envp);
	if (!err)
		err = exec_replace(&image);
	exec_image_free(&image);
	return err;
}

SYSCALL_DEFINE3(execve, const char __user *, upath, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	char *path = kmalloc(PATH_MAX, GFP_USER);
	ssize_t len;
	long ret;

	if (!path)
		return -ENOMEM;
	len = strncpy_from_user(path, upath, PATH_MAX);
	ret = len < 0 ? len : len == 0 ? -ENOENT : process_exec(path, argv, envp);
	kfree(path);
	return ret;
}
