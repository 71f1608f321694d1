/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between the kernel and user-space servers (docs/ipc.md): fixed size,
 * no marshalling.  The kernel builds requests from file system calls of its
 * clients; a server answers each received tag exactly once.
 */
#ifndef UAPI_PORT_H
#define UAPI_PORT_H

#include <stdint.h>

/*
 * name, number, what the arguments mean
 *  handle = open file at the server; in = bytes the server reads (lease_read, or
 *  inline when <= PORT_INLINE), out = room the server may write (reply data).
 */
#define PORT_OPS(X) \
	X(OPEN,	    1, "arg0 flags, arg1 mode; in path; aux handle, data struct port_attr") \
	X(READ,	    2, "arg0 offset, arg1 O_ flags; out data; status bytes") \
	X(WRITE,    3, "arg0 offset, arg1 O_ flags; in data; status bytes, aux new end of file") \
	X(STAT,	    4, "handle, or path in when handle is PORT_NO_HANDLE, arg0 1 = no follow; data struct port_attr") \
	X(READDIR,  5, "arg0 cookie; out struct port_dirent[]; status bytes") \
	X(MKNOD,    6, "arg0 mode with type, arg1 rdev; in path") \
	X(UNLINK,   7, "arg0 1 = directory; in path") \
	X(RENAME,   8, "arg0 length of first path, arg1 flags; in both paths") \
	X(LINK,	    9, "arg0 length of first path; in both paths") \
	X(SYMLINK, 10, "arg0 length of target; in target, path") \
	X(READLINK,11, "in path; out target; status length") \
	X(TRUNC,   12, "handle or path in; arg0 size") \
	X(IOCTL,   13, "arg0 command, arg1 value; in/out argument structure") \
	X(SYNC,	   14, "handle") \
	X(SETATTR, 15, "handle, or struct then path when PORT_NO_HANDLE, arg0 1 = no follow; in struct port_setattr [path]") \
	X(STATFS,  16, "data struct statfs of the ABI")

enum port_op {
#define PORT_OP_ENUM(name, nr, doc) PORT_##name = nr,
	PORT_OPS(PORT_OP_ENUM)
#undef PORT_OP_ENUM
};

#define PORT_INLINE	56
#define PORT_NO_HANDLE	UINT64_MAX

/* tag: names one call for ever.  Low 24 bits task slot, high 40 bits sequence. */
struct port_request {
	uint64_t tag;
	uint16_t op;
	uint16_t flags;		/* PORT_REQ_ */
	uint32_t gid;		/* of the caller, as uid: servers check permissions */
	uint64_t handle;
	uint64_t arg[4];
	uint32_t in_len;
	uint32_t out_len;
	uint32_t pid;
	uint32_t uid;
	uint8_t data[PORT_INLINE];	/* the first in_len bytes, if they fit */
};
_Static_assert(sizeof(struct port_request) == 128, "requests are 128 bytes");

/* Received instead of a request: tag 0. */
#define PORT_NOTE_CANCEL	1	/* value = tag */
#define PORT_NOTE_CLOSE		2	/* value = handle */
#define PORT_NOTE_IRQ		3	/* value = bits */
#define PORT_CANCEL_SIGNAL	1
#define PORT_CANCEL_KICK	2
#define PORT_CANCEL_GONE	3
struct port_note {
	uint64_t zero;
	uint32_t kind;
	uint32_t reason;
	uint64_t value;
};

/*
 * port_reply_recv(port, reply, buf, timeout_ns): sends *reply (NULL or tag 0: nothing to answer), then
 * receives a request or note into *buf.  buf NULL: only answers.  timeout_ns < 0: waits for ever;
 * otherwise -EAGAIN when nothing came in that time.
 */
struct port_reply {
	uint64_t tag;		/* 0 = nothing to answer, only receive */
	int64_t status;		/* >= 0 value or count; < 0 -errno */
	uint64_t aux;
	uint32_t ready;		/* POLL bits of the handle now */
	uint32_t len;		/* of data */
	uint64_t data;		/* address in the server: copied to the client's out lease */
};
_Static_assert(sizeof(struct port_reply) == 40, "replies are 40 bytes");

struct port_attr {
	uint64_t node;		/* inode number, unique in the server */
	uint64_t version;	/* changes with every change of contents */
	uint64_t size;
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid, gid;
	uint64_t rdev;
	int64_t atime_ns, mtime_ns, ctime_ns;
};

struct port_setattr {
	uint32_t valid;		/* ATTR_ bits of the kernel's setattr: 1 mode 2 uid 4 gid 8 atime 16 mtime */
	uint32_t mode;
	uint32_t uid, gid;
	int64_t atime_ns, mtime_ns;
};

struct port_dirent {
	uint64_t node;
	uint64_t next;		/* cookie of the entry after this one */
	uint16_t reclen;	/* multiple of 8 */
	uint8_t type;		/* DT_ */
	char name[];		/* NUL-ended */
};

/*
 * A path that leaves the server through a symbolic link: status PORT_REDIRECT and
 * the new absolute path as data.
 */
#define PORT_REDIRECT	(-1000)

/* port_create flags */
#define PORT_CANCEL_OK	1	/* honours cancel notes */
#define PORT_REATTACH	2	/* handles are names: they survive a restart */

#endif
