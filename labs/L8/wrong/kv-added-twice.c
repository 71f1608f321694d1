/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server carries out each request that it receives. If the server before it carried out a request and died before
 * the answer, the call comes again, and the number is added a second time.
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
	slot = decode(line, &change);
	if (slot < 0)
		return slot;
	store->tag = 0;
	step();
	store->change = change;
	store->slot = slot;
	step();
	store->tag = req->tag;
	step();
	redo();
	return length;
}
