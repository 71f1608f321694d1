/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that the compiler calls at each access of the kernel's files (-fsanitize=thread, with these
 * functions in the place of its library): a scheduling point before each load, each store and each
 * locked instruction, so also between the load and the store of one statement.
 *
 * Most accesses are to memory that no other CPU uses.  A switch before such an access has the same
 * effect as one before the next access to shared memory.  So a search makes choices only at accesses
 * to shared memory: memory that two CPUs used, or that was used in and out of interrupts, and that
 * one of them wrote.
 *
 * Store buffers (--tso): other CPUs may see a store late, as on x86.  When a CPU is made to wait, its
 * last stores since it was serialised are undone, and made again when it continues.
 */
#include "world.h"
#include "search.h"

/* A CPU that waits in its own loop waits for another CPU: each CPU continues after some time. */
#define TURN_POINTS	6000

bool search_active;
static u8 freed[WORLD_HEAP / 16];

struct store {
	unsigned long addr, value;
	unsigned size;
};
static struct store_buffer {
	struct store store[STORES_MAX];
	unsigned n, late;
} buffers[WORLD_CPUS];

/* ---- memory that has been freed ------------------------------------------------------------- */

void search_mark_memory(const void *p, size_t size, bool is_free)
{
	__builtin_memset(&freed[((const char *)p - world_heap) / 16], is_free, (size + 15) / 16);
}

bool search_memory_is_free(unsigned long addr)
{
	unsigned long offset = addr - (unsigned long)world_heap;

	return offset < sizeof(world_heap) && freed[offset / 16];
}

/* ---- store buffers ---------------------------------------------------------------------------- */

static unsigned long peek(unsigned long addr, unsigned size)
{
	unsigned long value = 0;

	__builtin_memcpy(&value, (void *)addr, size);
	return value;
}

void search_fence(void)
{
	buffers[machine_now].n = 0;
}

static void buffer_store(unsigned long addr, unsigned size)
{
	struct store_buffer *b = &buffers[machine_now];

	if (b->n == STORES_MAX) {
		__builtin_memmove(&b->store[0], &b->store[1], sizeof(b->store[0]) * (STORES_MAX - 1));
		b->n--;
	}
	b->store[b->n++] = (struct store){ addr, peek(addr, size), size };
}

/* Exchanges the value in memory and the value in the buffer. */
static void store_exchange(struct store *s)
{
	unsigned long value = peek(s->addr, s->size);

	__builtin_memcpy((void *)s->addr, &s->value, s->size);
	s->value = value;
}

static void buffer_hide(struct store_buffer *b, unsigned late)
{
	b->late = min(late, b->n);
	for (unsigned i = 0; i < b->late; i++)
		store_exchange(&b->store[b->n - 1 - i]);
}

static void buffer_show(struct store_buffer *b)
{
	for (unsigned i = b->late; i > 0; i--)
		store_exchange(&b->store[b->n - i]);
	b->late = 0;
	b->n = 0;
}

/* ---- points ------------------------------------------------------------------------------------ */

static bool is_shared(u16 users)
{
	unsigned who = users & 0xff;

	return (who & (who - 1)) && (users >> 8);
}

/* Records the access: may it affect another CPU, or an interrupt? */
static bool access_matters(unsigned long addr, bool write)
{
	unsigned long offset = addr - (unsigned long)world_start;
	unsigned who = 1u << (2 * machine_now + (machine_cpus[machine_now].depth > 0));
	u16 *users;

	if (offset >= world_size)
		return false;
	if (search_memory_is_free(addr))
		violation("memory that has been freed is %s", write ? "written" : "read");
	users = &search->users[offset / 8];
	*users |= (u16)(who | (write ? who << 8 : 0));
	return is_shared(*users);
}

static void watch(unsigned long addr, bool write)
{
	if (machine_now == search->watched_cpu)
		search->watching = search->slow;
	else if (addr / 8 == search->watched / 8 && (write || search->watched_write))
		search->conflict = true;
}

void search_raised(unsigned cpu)
{
	if (search->watching && cpu == search->watched_cpu && search->watched_irqs_on)
		search->conflict = true;
}

static bool interrupts_wait(void)
{
	const struct machine_cpu *c = &machine_cpus[machine_now];

	if (!c->pending || !c->irqs_on)
		return false;
	if (!search->hold_one_in)
		return true;
	/* The interrupt is on its way, and arrives later. */
	search->hold_seed = search->hold_seed * 6364136223846793005UL + 1442695040888963407UL;
	return (search->hold_seed >> 33) % search->hold_one_in == 0;
}

/* A CPU that waits for this CPU itself, not for the end of an interrupt, gets it in the end. */
#define SLOW_TURNS	8

static void wait_slowly(void)
{
	for (unsigned turns = 0; turns < SLOW_TURNS && search->slow; turns++) {
		if (interrupts_wait()) {
			machine_take_interrupts();
			turns = 0;
		}
		if (!machine_next_turn())
			break;
	}
	search->slow = false;
}

static void choose(unsigned long addr, bool write, void *ip)
{
	const struct choice *plan = &search->plan[search->next];
	struct store_buffer *b = &buffers[machine_now];
	unsigned to = plan->to;

	search->next++;
	if (to == machine_now || !machine_can_run(to))
		return;
	search->done[search->nr_done++] =
		(struct choice){ search->points, plan->to, (u8)min((unsigned)plan->late, b->n),
				 plan->slow };
	note("-- CPU %u waits, at %p%s%s; CPU %u goes on", machine_now, ip,
	     plan->late ? ", its last stores not seen" : "",
	     plan->slow ? ", and serves interrupts" : "", to);
	search->slow = plan->slow;
	search->watching = true;
	search->watched_cpu = machine_now;
	search->watched = addr;
	search->watched_write = write;
	search->watched_irqs_on = machine_cpus[machine_now].irqs_on;
	search->conflict = false;
	if (plan->late)
		buffer_hide(b, plan->late);
	machine_switch(to);
	if (b->late)
		buffer_show(b);
	if (plan->slow)
		wait_slowly();
}

static bool is_in(unsigned long ip)
{
	for (unsigned i = 0; i < search->nr_in; i++)
		if (ip - search->in[i].start < search->in[i].end - search->in[i].start)
			return true;
	return !search->nr_in;
}

/* A search chooses at accesses to shared memory; a list of choices names its points. */
static void point(unsigned long addr, bool write, void *ip, bool matters)
{
	if (search->next < search->planned) {
		u32 at = search->plan[search->next].at;

		if (search->exact ? search->points == at : matters && search->points >= at)
			choose(addr, write, ip);
	} else if (search->collect && matters && search->nr_points < POINTS_MAX) {
		search->point[search->nr_points++] =
			(struct point){ search->points, (u8)machine_now,
					machine_cpus[machine_now].irqs_on };
	}
}

void search_point(unsigned long addr, unsigned size, bool write, void *ip)
{
	bool matters;

	if (!search_active)
		return;
	if (++search->points > search->limit)
		violation("no end after %u points", search->limit);
	matters = !addr || access_matters(addr, write);
	if (search->watching)
		watch(addr, write);
	point(addr, write, ip, matters && is_in((unsigned long)ip));
	if (search->points - search->turn_began > TURN_POINTS)
		machine_next_turn();
	while (interrupts_wait()) {
		machine_take_interrupts();
		search->points++;
		point(0, false, ip, is_in((unsigned long)ip));
	}
	if (write && search->tso && addr && size <= 8)
		buffer_store(addr, size);
}

/* ---- the compiler's side ------------------------------------------------------------------------ */

#define HOOK(name, size, write) \
	void name(void *addr); \
	void name(void *addr) \
	{ \
		search_point((unsigned long)addr, size, write, __builtin_return_address(0)); \
	}
HOOK(__tsan_read1, 1, false)
HOOK(__tsan_read2, 2, false)
HOOK(__tsan_read4, 4, false)
HOOK(__tsan_read8, 8, false)
HOOK(__tsan_read16, 16, false)
HOOK(__tsan_write1, 1, true)
HOOK(__tsan_write2, 2, true)
HOOK(__tsan_write4, 4, true)
HOOK(__tsan_write8, 8, true)
HOOK(__tsan_write16, 16, true)
HOOK(__tsan_unaligned_read2, 2, false)
HOOK(__tsan_unaligned_read4, 4, false)
HOOK(__tsan_unaligned_read8, 8, false)
HOOK(__tsan_unaligned_write2, 2, true)
HOOK(__tsan_unaligned_write4, 4, true)
HOOK(__tsan_unaligned_write8, 8, true)

void __tsan_read_range(void *addr, size_t size);
void __tsan_read_range(void *addr, size_t size)
{
	search_point((unsigned long)addr, 16, false, __builtin_return_address(0));
}

void __tsan_write_range(void *addr, size_t size);
void __tsan_write_range(void *addr, size_t size)
{
	search_point((unsigned long)addr, 16, true, __builtin_return_address(0));
	search_fence();
}

void __tsan_init(void);
void __tsan_init(void)
{
}

#define POINT_ATOMIC(write) \
	search_point((unsigned long)a, 16, write, __builtin_return_address(0))
#define HOOK_FETCH(bits, op) \
	u##bits __tsan_atomic##bits##_fetch_##op(volatile u##bits *a, u##bits v, int order); \
	u##bits __tsan_atomic##bits##_fetch_##op(volatile u##bits *a, u##bits v, int order) \
	{ \
		search_fence(); \
		POINT_ATOMIC(true); \
		return __atomic_fetch_##op(a, v, __ATOMIC_RELAXED); \
	}
/* Locked instructions empty the store buffer; loads do not wait for the buffer, plain stores enter it. */
#define HOOK_ATOMICS(bits) \
	HOOK_FETCH(bits, add) HOOK_FETCH(bits, sub) HOOK_FETCH(bits, and) \
	HOOK_FETCH(bits, or) HOOK_FETCH(bits, xor) \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *a, int order); \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *a, int order) \
	{ \
		POINT_ATOMIC(false); \
		return *a; \
	} \
	void __tsan_atomic##bits##_store(volatile u##bits *a, u##bits v, int order); \
	void __tsan_atomic##bits##_store(volatile u##bits *a, u##bits v, int order) \
	{ \
		if (order == __ATOMIC_SEQ_CST) \
			search_fence(); \
		search_point((unsigned long)a, order == __ATOMIC_SEQ_CST ? 16 : bits / 8, true, \
			     __builtin_return_address(0)); \
		*a = v; \
	} \
	u##bits __tsan_atomic##bits##_exchange(volatile u##bits *a, u##bits v, int order); \
	u##bits __tsan_atomic##bits##_exchange(volatile u##bits *a, u##bits v, int order) \
	{ \
		u##bits old; \
		search_fence(); \
		POINT_ATOMIC(true); \
		old = *a; \
		*a = v; \
		return old; \
	} \
	bool __tsan_atomic##bits##_compare_exchange_strong(volatile u##bits *a, u##bits *expected, \
							   u##bits v, int order, int failure); \
	bool __tsan_atomic##bits##_compare_exchange_strong(volatile u##bits *a, u##bits *expected, \
							   u##bits v, int order, int failure) \
	{ \
		u##bits old; \
		search_fence(); \
		POINT_ATOMIC(true); \
		old = *a; \
		if (old == *expected) { \
			*a = v; \
			return true; \
		} \
		*expected = old; \
		return false; \
	}
HOOK_ATOMICS(8)
HOOK_ATOMICS(16)
HOOK_ATOMICS(32)
HOOK_ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	if (order == __ATOMIC_SEQ_CST)
		search_fence();
}
