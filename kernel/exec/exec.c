/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execve: a new program in the same process.
 *
 * First every step that can fail is prepared beside the running image: the file, strings, a
 * complete address space with its stack, the ids.  Then the other threads die.  Then comes the
 * exchange, which cannot fail: the old program never runs with half of it.
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
#include <neurath/trace.h>
#include <neurath/uaccess.h>
#include "exec_image.h"
#include "../process/internal.h"

/* ---- preparation -------------------------------------------------------------- */

/*
 * Parses "#! interpreter [argument]".  Returns 0 with the next file in image->path, or -ENOEXEC
 * if the file is not a script.
 */
static int exec_parse_script(struct exec_image *image)
{
	char line[EXEC_HEAD_SIZE + 1], *name, *arg, *end;
	char *path;
	int error;

	if (memcmp(image->head, "#!", 2))
		return -ENOEXEC;
	memcpy(line, image->head, EXEC_HEAD_SIZE);
	line[EXEC_HEAD_SIZE] = 0;
	end = strchr(line, '\n');
	if (end)
		*end = 0;
	else if (strlen(line) == EXEC_HEAD_SIZE)
		return -ENOEXEC;		/* truncated: fail instead of using a wrong one */
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
	/* interpreter [argument] path rest...: argv[0] is dropped. */
	exec_strings_drop_first(&image->args);
	error = exec_strings_prepend(&image->args, image->path);
	if (!error && *arg)
		error = exec_strings_prepend(&image->args, arg);
	if (!error)
		error = exec_strings_prepend(&image->args, name);
	path = error ? NULL : kstrdup(name, GFP_KERNEL);
	if (!path)
		return error ? error : -ENOMEM;
	kfree(image->path);
	image->path = path;
	return 0;
}

/* Evaluates set-user-id and set-group-id bits of the program (not of a script). */
static int exec_prepare_ids(struct exec_image *image)
{
	struct process *p = current->process;
	struct stat st;
	int error;

	image->uid = p->cred.euid;
	image->gid = p->cred.egid;
	error = file_stat(image->file, &st);
	if (error)
		return error;
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
	int error;

	for (unsigned depth = 0;; depth++) {
		if (depth > EXEC_MAX_SCRIPTS)
			return -ELOOP;
		error = exec_open(image);
		if (error)
			return error;
		error = exec_parse_script(image);
		if (error)
			break;
		exec_close(image);
	}
	if (error != -ENOEXEC)
		return error;
	error = exec_prepare_ids(image);
	if (!error)
		error = exec_load_elf(image);
	return error ? error : exec_build_stack(image);
}

/* ---- other threads -------------------------------------------------------------- */

/* current is not the leader and becomes it: the process keeps its id. */
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

/* Afterwards current is alone in the process; -EAGAIN, -EINTR: current is dying itself. */
static int exec_kill_others(struct process *p)
{
	unsigned long flags;
	int error;

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
	error = wait_event_killable(p->wait_child, READ_ONCE(p->nr_threads) == 1);
	spin_lock_irqsave(&p->lock, flags);
	p->sig_flags &= ~SIGNAL_GROUP_EXEC;
	p->exec_task = NULL;
	spin_unlock_irqrestore(&p->lock, flags);
	if (error)
		return -EINTR;
	if (p->leader != current)
		exec_become_leader(p);
	return 0;
}

/* ---- the exchange ----------------------------------------------------------- */

static void exec_set_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	trace_note_comm();
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
		/* A tracer may have attached after exec_prepare_ids(). */
		image->uid = p->cred.euid;
		image->gid = p->cred.egid;
	}
	p->cred.euid = p->cred.suid = p->cred.fsuid = image->uid;
	p->cred.egid = p->cred.sgid = p->cred.fsgid = image->gid;
	if (image->secure) {
		p->pdeath_signal = 0;
		p->personality = 0;
	}
	p->did_exec = true;
	spin_unlock_irqrestore(&p->lock, flags);
	kfree(old_path);
	if (old_exe)
		file_put(old_exe);
}

static void exec_commit(struct exec_image *image, char *exe_path)
{
	process_mm_release(current);
	/*
	 * The memory would show the contents of an unreadable file.  Set before another task can
	 * find the address space.
	 */
	image->mm->dumpable = !image->secure && !image->unreadable;
	image->mm->privileged = image->uid == 0;
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

/* A vfork child gets its own copy of the shared files before close-on-exec applies to them. */
static int exec_unshare_files(void)
{
	struct files *old = current->files, *new;
	unsigned long flags;

	if (!files_shared(old))
		return 0;
	new = files_copy(old);
	if (!new)
		return -ENOMEM;
	spin_lock_irqsave(&current->pi_lock, flags);	/* /proc reads files of other tasks */
	current->files = new;
	spin_unlock_irqrestore(&current->pi_lock, flags);
	files_put(old);
	return 0;
}

static int exec_replace(struct exec_image *image)
{
	char *exe_path;
	int error = exec_prepare(image);

	if (error)
		return error;
	exe_path = kstrdup(image->file->path ? image->file->path : image->path, GFP_KERNEL);
	if (!exe_path)
		return -ENOMEM;
	error = exec_unshare_files();
	if (!error)
		error = exec_kill_others(current->process);
	if (error) {
		kfree(exe_path);
		return error;
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
	int error;

	/* setuid() could not fail: programs do not check its result. */
	if (READ_ONCE(current->process->too_many) && process_over_nproc(current->process, 0))
		return -EAGAIN;
	WRITE_ONCE(current->process->too_many, false);
	image.path = kstrdup(path, GFP_KERNEL);
	error = image.path ? exec_strings_add_user(&image.args, argv) : -ENOMEM;
	if (!error)
		error = exec_strings_add_user(&image.env, envp);
	/* A program may rely on argv[0]. */
	if (!error && !image.args.count)
		error = exec_strings_add(&image.args, "");
	if (!error)
		error = exec_replace(&image);
	exec_image_free(&image);
	if (!error && trace_is_on(sched_process_exec))
		trace_sched_process_exec(path, old_pid);
	if (!error)
		ptrace_exec_done(old_pid);
	return error;
}

long process_exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
	struct exec_image image = { .execfn = path };
	int error;

	image.path = kstrdup(path, GFP_KERNEL);
	error = image.path ? 0 : -ENOMEM;
	for (; !error && *argv; argv++)
		error = exec_strings_add(&image.args, *argv);
	for (; !error && *envp; envp++)
		error = exec_strings_add(&image.env, *envp);
	if (!error)
		error = exec_replace(&image);
	exec_image_free(&image);
	return error;
}

SYSCALL_DEFINE3(execve, const char __user *, upath, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	ssize_t len;
	long ret;

	if (!path)
		return -ENOMEM;
	len = strncpy_from_user(path, upath, PATH_MAX);
	ret = len < 0 ? len : len == 0 ? -ENOENT : process_exec(path, argv, envp);
	kfree(path);
	return ret;
}
