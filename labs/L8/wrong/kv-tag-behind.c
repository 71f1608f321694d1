/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tag is written after the change. Between the two writes the change has happened, and no record shows this.
 *
 * loses: P10
 */
/* splice: labs/L8/work/kv.c */
static int64_t kv_write(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	char line[80];
	int64_t length = srv_input(srv, req, line, sizeof(line) - 1);
	struct entry change;
	int slot;

	if (length < 0)
		return length == -EMSGSIZE ? -EINVAL : length;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (req->tag == store->tag)
		return length;		/* by a server that died before it could say so */
	slot = decode(line, &change);
	if (slot < 0)
		return slot;
	store->change = change;
	store->slot = slot;
	redo();
	store->tag = req->tag;
	return length;
}
