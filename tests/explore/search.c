/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: tries schedules of a scene until a schedule violates a claim of the oracle, or until
 * enough schedules were tried.
 *
 *	--dfs=K		all schedules with at most K choices, depth first.  If the CPU of a choice did
 *			not touch the memory of the access before which the choice was made, a later
 *			choice has the same effect: only the later choice is continued.
 *	--pct=D		D choices at random places (Burckhardt et al. 2010), again and again
 *	--random	a choice at every access to shared memory, with some probability
 *
 * A violation is shrunk: choices are removed as long as the violation stays.  --replay takes the
 * line "schedule".
 */
#include "world.h"
#include "search.h"
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <sys/mman.h>
#include <time.h>
#undef clock_ns

int printf(const char *fmt, ...) __printf(1, 2);
int vprintf(const char *fmt, va_list args);
int fflush(void *file);
void *malloc(size_t size);
void exit(int status) __noreturn;
unsigned long strtoul(const char *s, char **end, int base);

/* All data between these symbols belongs to the world. */
extern char __data_start[], _end[];
char *const world_start = __data_start;
unsigned long world_size;
struct search *const search = (struct search *)0x100000000000;

struct options {
	const char *replay;
	unsigned dfs, pct;
	bool random;
	u64 runs, seconds, seed;
};

static u64 random_next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

u64 search_random(unsigned what)
{
	u64 seed = search->seed * 0x9e3779b97f4a7c15UL + what * 0xbf58476d1ce4e5b9UL + 1;

	random_next(&seed);
	return search->seed ? random_next(&seed) : 0;
}

void note(const char *fmt, ...)
{
	va_list args;

	if (!search->verbose || !search_active)
		return;
	printf("%6u cpu%u%*s ", search->points, machine_now, (int)(14 * machine_now), "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void violation(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(search->violated, sizeof(search->violated), fmt, args);
	va_end(args);
	note("VIOLATION: %s", search->violated);
	if (!search_active) {
		printf("the scene cannot be set up: %s\n", search->violated);
		exit(2);
	}
	machine_stop();
	__builtin_unreachable();
}

/* ---- one schedule -------------------------------------------------------------------------- */

/* The world after the boot, without the unused part of the stacks. */
struct copy {
	char *at, *data;
	size_t size;
};
static struct copy *copies;			/* on the host's heap */
#define STACK_USED	2048

static void copy_take(unsigned i, char *at, size_t size)
{
	copies[i] = (struct copy){ .at = at, .data = malloc(size), .size = size };
}

static void world_keep(void)
{
	char *stacks = world_stacks[0], *behind = world_stacks[WORLD_STACKS];
	unsigned n = 0;

	copies = malloc(sizeof(*copies) * (WORLD_STACKS + 3));
	copy_take(n++, world_start, stacks - world_start);
	copy_take(n++, behind, world_start + world_size - behind);
	for (unsigned i = 0; i < WORLD_STACKS; i++)
		copy_take(n++, world_stacks[i] + KSTACK_SIZE - STACK_USED, STACK_USED);
	copies[n].at = NULL;
	for (struct copy *c = copies; c->at; c++)
		memcpy(c->data, c->at, c->size);
}

static void world_restore(void)
{
	for (struct copy *c = copies; c->at; c++)
		memcpy(c->at, c->data, c->size);
}

/* True if no claim was violated. */
static bool run(void)
{
	search->violated[0] = 0;
	search->points = search->turn_began = search->nr_done = search->next = search->nr_points = 0;
	search->watching = search->conflict = search->slow = false;
	search->hold_seed = search->seed;
	world_restore();
	search_active = true;
	machine_run();
	search_active = false;
	return !search->violated[0];
}

/* ---- reports ------------------------------------------------------------------------------- */

static void plan_what_was_done(void)
{
	memcpy(search->plan, search->done, sizeof(search->done));
	search->planned = search->nr_done;
	search->exact = true;
	search->collect = false;
}

static void shrink(void)
{
	unsigned i = 0;

	plan_what_was_done();
	while (i < search->planned) {
		struct choice kept[CHOICES_MAX];
		unsigned n = search->planned;

		memcpy(kept, search->plan, sizeof(kept));
		memmove(&search->plan[i], &search->plan[i + 1], (n - i - 1) * sizeof(kept[0]));
		search->planned = n - 1;
		if (!run())
			continue;
		memcpy(search->plan, kept, sizeof(kept));
		search->planned = n;
		i++;
	}
	(void)run();
}

static void report(u64 runs)
{
	printf("schedule %lu:%u", search->seed, search->hold_one_in);
	for (unsigned i = 0; i < search->planned; i++)
		printf(":%u,%u,%u,%u", search->plan[i].at, search->plan[i].to,
		       search->plan[i].late, search->plan[i].slow);
	printf("\nviolated after %lu schedules, %u choices: %s\n", runs, search->planned,
	       search->violated);
}

static void replay(const char *list)
{
	char *end;

	search->seed = strtoul(list, &end, 10);
	search->hold_one_in = (unsigned)strtoul(end + 1, &end, 10);
	search->exact = true;
	while (*end == ':') {
		struct choice *c = &search->plan[search->planned++];

		c->at = (u32)strtoul(end + 1, &end, 10);
		c->to = (u8)strtoul(end + 1, &end, 10);
		c->late = (u8)strtoul(end + 1, &end, 10);
		c->slow = strtoul(end + 1, &end, 10);
	}
	search->verbose = true;
	if (run())
		printf("nothing is violated\n");
	else
		report(1);
}

/* ---- searches ------------------------------------------------------------------------------ */

/* Processor time: so on a busy host a search takes longer, and tries as many schedules. */
static u64 host_seconds(void)
{
	return (u64)clock() / CLOCKS_PER_SEC;
}

static bool enough(void)
{
	return search->runs_done >= search->runs_max || (!(search->runs_done % 256) && host_seconds() >= search->deadline);
}

/* One schedule of a search: true if the search continues. */
static bool try(void)
{
	bool good = run();

	search->runs_done++;
	search->points_done += search->points;
	return good;
}

/* All continuations of the plan with at most @more additional choices. */
static bool dfs(unsigned more)
{
	unsigned depth = search->planned, n;
	struct point *points;

	search->collect = more > 0;
	search->exact = true;
	if (!try())
		return false;
	/* A later choice has the same effect, and its continuations are tried there. */
	if (!more || (depth && !search->conflict) || search->nr_done < depth)
		return true;
	n = search->nr_points;
	points = malloc(n * sizeof(*points));
	memcpy(points, search->point, n * sizeof(*points));
	for (unsigned i = 0; i < n && !enough(); i++) {
		for (unsigned way = 0; way < 2 * nr_cpus; way++) {
			unsigned to = way / 2;
			bool slow = way % 2;

			if (to == points[i].cpu || (slow && !points[i].irqs_on))
				continue;
			search->plan[depth] = (struct choice){ points[i].at, (u8)to, 0, slow };
			search->planned = depth + 1;
			if (!dfs(more - 1))
				return false;
			search->planned = depth;
		}
	}
	extern void free(void *p);
	free(points);
	return true;
}

static void plan_add(u32 at, u64 *seed)
{
	search->plan[search->planned++] = (struct choice){
		at, (u8)(random_next(seed) % nr_cpus),
		search->tso && random_next(seed) % 2 ? (u8)(1 + random_next(seed) % 4) : 0,
		random_next(seed) % 4 == 0 };
}

static void plan_sort(void)
{
	for (unsigned i = 1; i < search->planned; i++) {
		for (unsigned j = i; j && search->plan[j - 1].at > search->plan[j].at; j--) {
			struct choice c = search->plan[j];

			search->plan[j] = search->plan[j - 1];
			search->plan[j - 1] = c;
		}
	}
}

/* @d choices anywhere; for d = 0 as many as fit, close together. */
static bool search_at_random(unsigned d, u64 seed)
{
	for (; !enough(); seed++) {
		u64 random = seed * 0x9e3779b97f4a7c15UL + 1;
		u32 at = 0, step;

		random_next(&random);
		search->seed = seed;
		search->hold_one_in = random_next(&random) % 3 ? 0 : 1 + random_next(&random) % 40;
		search->planned = 0;
		search->exact = false;
		search->collect = false;
		if (d) {
			for (unsigned i = 0; i < d; i++)
				plan_add(random_next(&random) % search->usual_points, &random);
			plan_sort();
		} else {
			at = random_next(&random) % search->usual_points;
			step = 1 + (1u << random_next(&random) % 9);
			for (unsigned i = 0; i < CHOICES_MAX; i++, at += random_next(&random) % step)
				plan_add(at, &random);
		}
		if (!try())
			return false;
	}
	return true;
}

static void learn(void)
{
	u64 runs = search->runs_max, until = search->deadline;

	/* Finds the shared memory, by some schedules of each kind. */
	(void)run();
	search->usual_points = search->points + search->points / 8;
	search->runs_max = 400;
	search->deadline = ~0UL;
	(void)search_at_random(3, 1000000007);
	(void)search_at_random(0, 1000000007);
	search->runs_max = runs;
	search->deadline = until;
	search->runs_done = search->points_done = 0;
	search->hold_one_in = 0;
	search->planned = 0;
}

/* ---- the program ---------------------------------------------------------------------------- */

static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) == 0 ? arg + n : NULL;
}

static void usage(void)
{
	printf("explore SCENE [--dfs=K] [--pct=D] [--random] [--runs=N] [--seconds=N] [--seed=N]\n"
	       "        [--tso] [--replay=SCHEDULE]\nscenes:\n");
	for (const struct scene *s = scenes; s->name; s++)
		printf("  %-10s %s\n", s->name, s->what);
	exit(2);
}

static void parse_range(const char *v)
{
	char *end;

	search->in[search->nr_in].start = strtoul(v, &end, 16);
	search->in[search->nr_in++].end = strtoul(end + 1, &end, 16);
}

static void parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *v, *arg = argv[i];

		for (const struct scene *s = scenes; s->name; s++)
			if (strcmp(arg, s->name) == 0)
				scene_now = s;
		if ((v = value_of(arg, "--dfs=")))
			o->dfs = (unsigned)strtoul(v, NULL, 10);
		else if ((v = value_of(arg, "--pct=")))
			o->pct = (unsigned)strtoul(v, NULL, 10);
		else if ((v = value_of(arg, "--runs=")))
			o->runs = strtoul(v, NULL, 10);
		else if ((v = value_of(arg, "--seconds=")))
			o->seconds = strtoul(v, NULL, 10);
		else if ((v = value_of(arg, "--seed=")))
			o->seed = strtoul(v, NULL, 10);
		else if ((v = value_of(arg, "--replay=")))
			o->replay = v;
		else if ((v = value_of(arg, "--in=")) && search->nr_in < ARRAY_SIZE(search->in))
			parse_range(v);
		else if (strcmp(arg, "--tso") == 0)
			search->tso = true;
		else if (strcmp(arg, "--random") == 0)
			o->random = true;
		else if (!scene_now || strcmp(arg, scene_now->name))
			usage();
	}
	if (!scene_now)
		usage();
}

static bool search_all(const struct options *o)
{
	bool good = true;

	for (unsigned k = 0; good && k <= o->dfs && !enough(); k++) {
		search->seed = o->seed;
		search->hold_one_in = 0;
		search->planned = 0;
		good = dfs(k);
		if (good && !enough())
			printf("all schedules with %u choices: %lu so far\n", k, search->runs_done);
	}
	if (good && o->pct)
		good = search_at_random(o->pct, o->seed + 1);
	if (good && o->random)
		good = search_at_random(0, o->seed + 1);
	return good;
}

int main(int argc, char **argv)
{
	struct options o = { .runs = ~0UL, .seconds = 3600 * 24 * 30UL, .seed = 0 };

	(void)mmap(search, sizeof(*search), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	world_size = align_down(_end - __data_start + 7UL, 8UL);
	search->users = malloc(world_size / 4);
	memset(search->users, 0, world_size / 4);
	search->point = malloc(POINTS_MAX * sizeof(*search->point));
	search->limit = 300000;
	parse(argc, argv, &o);
	oracle_init();
	machine_boot(scene_now->cpus, scene_now->boot);
	world_keep();
	if (o.replay) {
		replay(o.replay);
		return search->violated[0] != 0;
	}
	search->runs_max = o.runs;
	search->deadline = host_seconds() + o.seconds;
	learn();
	search->limit = 20 * search->usual_points;
	if (!search_all(&o)) {
		u64 runs = search->runs_done;

		shrink();
		report(runs);
		return 1;
	}
	printf("nothing is violated in %lu schedules, %lu points each\n", search->runs_done,
	       search->points_done / max(search->runs_done, 1UL));
	return 0;
}
