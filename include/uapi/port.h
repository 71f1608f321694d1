/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between the kernel and user-space servers: fixed size, no marshalling.
 * The kernel builds requests from the system calls of its clients; a server
 * answers each received tag exactly once.  docs/ipc.md is the specification.
 *
 * System calls of a server (numbers in uapi/syscall_nr.h; all return -errno):
 *
 * int port_create(unsigned flags, unsigned level)
 *	A new port as a close-on-exec descriptor.  PORT_* flags below.  The port dies
 *	with the process that created it, or when the last descriptor is closed.
 * int port_mount(int port, const char *path, uint64_t root)		uid 0
 *	Requests for paths at or below @path go to @port.  @root is returned in the
 *	handle of every path request, so one port can serve several mounts.  Replaces
 *	the mount of a dead port; -EBUSY over a living port.
 * int port_reply_recv(int port, struct port_reply *reply, struct port_request *buf,
 *		       int64_t timeout_ns)
 *	Answers (if @reply and reply->tag != 0), then receives into *buf (if @buf).
 *	reply->tag is set to 0 as soon as the answer is consumed, so that the same
 *	call after an error only receives.  @timeout_ns < 0 waits without a limit; otherwise
 *	-EAGAIN after that time without a request.  -EINTR: a signal handler ran.  -ESRCH:
 *	the tag is dead (the client is gone) and nothing was received; this is no fault of
 *	the server.  Notes arrive in the same buffer, with tag 0.
 * ssize_t lease_read(int port, uint64_t tag, uint64_t offset, void *buf, size_t len)
 * ssize_t lease_write(int port, uint64_t tag, uint64_t offset, const void *buf, size_t len)
 *	Copies from the client's input, to the client's output.  Bytes, short only at
 *	the end of the lease; -ESRCH dead tag, -EFAULT the client's memory is bad: answer -EFAULT.
 * int port_ready(int port, uint64_t handle, uint32_t mask)
 *	The POLL* state of every open file with that handle is @mask now; wakes pollers.
 *	Call it before answering -EAGAIN.
 * int port_in_group(int port, uint64_t tag, uint32_t gid)
 *	1 if the caller of that request is in the group, by its effective or a supplementary one;
 *	else 0.  For requests whose ids do not decide.  -ESRCH dead tag.
 * int ctty_signal(int port, uint64_t node, int sig)
 *	Sends @sig to the foreground process group of the session whose controlling
 *	terminal is the character device @node of this port.  0 if there is none.
 * int port_irq(int port, unsigned line, unsigned bit)			uid 0
 *	Interrupts of ISA line @line arrive as notes with @bit set; the line stays masked
 *	until irq_ack(port, line).
 *
 * Of drivers for PCI devices, all uid 0 (docs/servers.md):
 *
 * int pci_claim(unsigned vendor, unsigned device, unsigned nth)
 *	The @nth function of that kind, for this driver only, as a close-on-exec descriptor;
 *	reading it reads configuration space.  -ENODEV: fewer functions exist; -EBUSY.  The
 *	claim ends with the descriptor, the mappings of registers and the messages; then
 *	the kernel turns the function's bus mastering off.
 * long pci_map(int fd, unsigned bar, uint64_t *size)
 *	Address of the registers behind base address @bar, *@size bytes.  -EINVAL not whole pages of
 *	memory; -EACCES RAM, or the range that holds the table of messages.
 * long dma_alloc(int fd, size_t size, uint64_t *bus)
 *	Address of zeroed memory in one piece, at most 4 MiB; *@bus is the device's
 *	address.  It is freed only after the device can no longer write to it.
 * int dma_enable(int fd)
 *	Turns bus mastering on.  The driver must have reset the device: the device
 *	then has no commands of an earlier driver.
 * int port_msi(int port, int fd, unsigned entry, unsigned bit)
 *	Like port_irq() for entry @entry of the function's MSI-X table: the number
 *	for irq_ack().  -ENODEV: the function has no MSI-X.
 *
 * A port with PORT_REATTACH that is mounted does not die with its server: it is vacant until
 * another server takes it over.  Mounts, open files, controlling terminals, waiting notes and the
 * memory below stay.  Calls wait, also the calls of the old server: they are received again,
 * with the same tag, so that a server can recognise a call that it has carried out.  A call
 * during which two servers died ends with -EIO.
 *
 * int port_adopt(const char *path, unsigned flags, unsigned level)	uid 0
 *	A descriptor of the vacant port that is mounted at @path.  Instead of port_create(), with
 *	the same arguments.  -ENOENT no port there, -EINVAL another kind of port, -EBUSY the port
 *	has a server, -EIO it is dead.
 * long port_handles(int port, uint64_t *handles, size_t room)
 *	Stores the handle of each open file, once for each coming CLOSE; returns their number.
 *	The dead server's own count may lack its last changes.
 * int port_memory(int port, void *addr, size_t size)
 *	Maps the memory of the port, made at the first call, at @addr: page aligned, zero at first.
 *	@size is the same each time, else -EINVAL.  The memory ends with the port.
 * int port_discard(int port, void *addr, size_t size)
 *	Frees pages of that mapping: they are zero again.
 */
#ifndef UAPI_PORT_H
#define UAPI_PORT_H

#include <stdint.h>

/*
 * name, number, meaning of the arguments.
 *  P: a path request (PORT_REQ_PATH): handle is the root of port_mount(), the input is
 *     the path below the mount point, without leading or ending '/', without "." and
 *     "..", not NUL-ended: "" is the mount point itself.
 *  H: handle is an open file of the server.
 *  in = what the server reads: inline in data[] when in_len <= PORT_INLINE, else by lease_read();
 *  out = room for what it writes: reply data or lease_write().
 *  status is 0 unless noted.
 */
#define PORT_OPS(X) \
	X(OPEN,	    1, "P arg0 O_ flags (O_TRUNC: see below), arg1 mode (umask applied); in path;" \
		       " out struct port_attr; status 0 or PORT_CREATED, aux handle") \
	X(READ,	    2, "H arg0 offset, arg1 O_ flags; out data; status bytes") \
	X(WRITE,    3, "H arg0 offset (O_APPEND: ignored), arg1 O_ flags; in data;" \
		       " status bytes, aux offset after them") \
	X(STAT,	    4, "P or H; arg0 1 = do not follow a last link; out struct port_attr") \
	X(READDIR,  5, "H arg0 cookie, 0 = start; out struct port_dirent[];" \
		       " status bytes, 0 = end") \
	X(MKNOD,    6, "P arg0 mode with type," \
		       " S_IFDIR makes a directory (umask applied), arg1 rdev; in path") \
	X(UNLINK,   7, "P arg0 1 = directory (rmdir); in path") \
	X(RENAME,   8, "P arg0 length of the old path, arg1 RENAME_ flags; in old path, new path") \
	X(LINK,	    9, "P arg0 length of the old path, arg1 1 = follow a last link;" \
		       " in old path, new path") \
	X(SYMLINK, 10, "P arg0 length of the target; in target, path") \
	X(READLINK,11, "P in path; out target; status length; -EINVAL not a link") \
	X(TRUNC,   12, "H arg0 size") \
	X(IOCTL,   13, "H arg0 command, arg1 value; in/out the argument structure; status result") \
	X(SYNC,	   14, "H") \
	X(SETATTR, 15, "P or H; arg0 1 = do not follow a last link;" \
		       " in struct port_setattr, then path (P)") \
	X(STATFS,  16, "P or H; in path (P); out struct statfs of the ABI (120 bytes)")

enum port_op {
#define PORT_OP_ENUM(name, nr, doc) PORT_##name = nr,
	PORT_OPS(PORT_OP_ENUM)
#undef PORT_OP_ENUM
	PORT_OP_MAX = 16,
};

#define PORT_INLINE	56
#define PORT_IO_MAX	65536	/* upper limit of in_len and out_len */

/*
 * Status of an OPEN that created the file.  O_TRUNC requires the permission to write and changes
 * nothing: a TRUNC of the open file follows, unless it was created or the kernel has a reason
 * against it.  That TRUNC may come on a handle that is open only for reading.
 */
#define PORT_CREATED	1

/*
 * Among the O_ flags of OPEN, only from execve: the file will be executed, so the caller needs
 * the execute permission and not the read permission.  A server that does not support the flag
 * checks both.
 */
#define PORT_OPEN_EXEC	040

/* request.flags */
#define PORT_REQ_PATH	1	/* handle is the root of the mount, the input ends with a path */
/*
 * The caller's path ended in "/", "/." or "/..": it must lead to a directory, else -ENOTDIR, and
 * a link at its end is followed, whatever the other flags are.  In RENAME: the old path must name
 * a directory; a link is not one.
 */
#define PORT_REQ_DIRECTORY	2
/* Only with the previous flag: a directory that the caller may search, else -EACCES. */
#define PORT_REQ_SEARCH		4

struct port_request {
	uint64_t tag;		/* identifies this call; never reused, never 0 */
	uint16_t op;
	uint16_t flags;		/* PORT_REQ_ */
	uint32_t gid;		/* effective ids of the caller, for permission checks: */
	uint64_t handle;
	uint64_t arg[4];
	uint32_t in_len;
	uint32_t out_len;
	uint32_t pid;		/* process id of the caller */
	uint32_t uid;		/* uid 0 may do everything */
	uint8_t data[PORT_INLINE];	/* the whole input if in_len <= PORT_INLINE */
};
_Static_assert(sizeof(struct port_request) == 128, "requests are 128 bytes");

/* Received instead of a request: zero in the place of the tag. */
#define PORT_NOTE_CANCEL	1	/* value = tag; only if PORT_CANCEL_OK */
#define PORT_NOTE_CLOSE		2	/* value = handle: one for each successful OPEN */
#define PORT_NOTE_IRQ		3	/* value = bits since the last such note */
/* reason of PORT_NOTE_CANCEL */
/* a signal: answer the count so far, -EINTR if nothing was done, or finish */
#define PORT_CANCEL_SIGNAL	1
#define PORT_CANCEL_KICK	2	/* the same; the client will make the call again */
/* the client died and the tag with it: drop the request, do not answer */
#define PORT_CANCEL_GONE	3
struct port_note {
	uint64_t zero;
	uint32_t kind;
	uint32_t reason;
	uint64_t value;
};

struct port_reply {
	uint64_t tag;		/* 0 = nothing to answer, only receive */
	int64_t status;		/* >= 0 value or count; < 0 -errno or PORT_REDIRECT */
	uint64_t aux;
	uint32_t ready;		/* PORT_READY_SET | POLL* bits of the handle now; 0 = as before */
	uint32_t len;		/* of data; bytes beyond the client's room are dropped */
	/* address in the server: copied to the start of the client's output */
	uint64_t data;
};
_Static_assert(sizeof(struct port_reply) == 40, "replies are 40 bytes");

/*
 * A new file counts as ready for reading and writing until the server reports another state: in
 * the reply to OPEN, in any later reply on the handle, or by port_ready().
 */
#define PORT_READY_SET	0x80000000u

struct port_attr {
	uint64_t node;		/* inode number, unique in the server, not 0 */
	/* changes with every change of contents; 0 = contents may not be cached */
	uint64_t version;
	uint64_t size;
	uint32_t mode;		/* S_IF type and permissions */
	uint32_t nlink;
	uint32_t uid, gid;
	union {
		uint64_t rdev;		/* of a device */
		uint64_t blocks;	/* of others: size of the contents in units of 512 bytes */
	};
	int64_t atime_ns, mtime_ns, ctime_ns;	/* since the epoch */
};
_Static_assert(sizeof(struct port_attr) == 72, "attributes are 72 bytes");

/* port_setattr.valid */
#define PORT_SET_MODE	1
#define PORT_SET_UID	2
#define PORT_SET_GID	4
#define PORT_SET_ATIME	8
#define PORT_SET_MTIME	16
/* times are "now": writers of the file may set them, too */
#define PORT_SET_NOW	32
/* chown, with UID, GID, both or none: clears set-ids, except for a directory */
#define PORT_SET_OWNER	64
struct port_setattr {
	uint32_t valid;
	uint32_t mode;
	uint32_t uid, gid;
	int64_t atime_ns, mtime_ns;
};
_Static_assert(sizeof(struct port_setattr) == 32, "attribute changes are 32 bytes");

struct port_dirent {
	uint64_t node;
	uint64_t next;		/* cookie of the entry after this one, not 0 */
	uint16_t reclen;	/* of this entry with name and padding: a multiple of 8 */
	uint8_t type;		/* DT_ */
	char name[];		/* NUL-terminated; the server also returns "." and ".." */
};

/*
 * Status of a P request whose path runs through a symbolic link (or ends in one that must be
 * followed): data is the path to use instead, aux its length.  The path is the target, followed
 * by '/' and the unresolved rest if there is one.  If it starts with '/' it is relative to the
 * root of the file tree, else to the mount point.  It may contain "." and "..".  The kernel
 * repeats the look-up and returns -ELOOP after PORT_REDIRECT_MAX rounds.  A server does this for
 * every link: only the kernel knows the mounts.  If the client's room is too small the kernel
 * repeats the request with more room. (RENAME, LINK, with two paths: aux = length | 1 << 32 if
 * the second one is replaced.)
 */
#define PORT_REDIRECT		(-1000)
#define PORT_REDIRECT_MAX	16

/* port_create flags */
#define PORT_CANCEL_OK	1	/* supports cancel notes */
#define PORT_REATTACH	2	/* handles are names: they survive a restart, as above */
/* its character devices are terminals: the kernel does job control */
#define PORT_TTY	4
/*
 * With PORT_CANCEL_OK, for file systems: only a kick and death cancel a request.  An ordinary
 * signal waits until the request is done, as with a disk: programs do not expect EINTR from a
 * file.
 */
#define PORT_FILES	8
/*
 * What READ and STAT answer changes by requests only (OPEN with O_CREAT, WRITE, MKNOD, UNLINK,
 * RENAME, LINK, SYMLINK, TRUNC, IOCTL, SETATTR), and each request is answered, even if its client
 * has gone: then the kernel gives answers again without asking, until the next such request.
 */
#define PORT_STABLE	16

#endif
