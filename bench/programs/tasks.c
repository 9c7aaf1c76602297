// A small operating system in the manner of Richards: tasks with queues of
// packets, scheduled by priority, each doing its work through a pointer.
#include <stdio.h>
#include <stdlib.h>

enum kind { WORK, DEVICE_A, DEVICE_B };
enum { SIZE = 4, TASKS = 6, COUNT = 1000 };
enum task_id { IDLE, WORKER, HANDLER_A, HANDLER_B, DEV_A, DEV_B };

typedef struct packet {
    struct packet *next;
    enum kind kind;
    int owner, value, data[SIZE];
} packet;

typedef struct task task;
struct task {
    task *(*run)(task *, packet *);
    packet *queue;
    packet *pending_work, *pending_device;
    int id, held, waiting;
    unsigned seed;
    int count;
};

static task tasks[TASKS];
static int handled, holds;

static void append(packet *p, packet **queue) {
    p->next = 0;
    while (*queue) queue = &(*queue)->next;
    *queue = p;
}

static task *hold(task *t) {
    holds++;
    t->held = 1;
    return 0;
}

static task *wait_for_packet(task *t) {
    t->waiting = 1;
    return 0;
}

static task *release(int id) {
    tasks[id].held = 0;
    return &tasks[id];
}

static task *hand_over(task *from, packet *p, int to) {
    int owner = from->id;
    p->owner = owner;
    append(p, &tasks[to].queue);
    handled++;
    return &tasks[to];
}

static task *idle(task *t, packet *p) {
    (void)p;
    if (--t->count == 0) return hold(t);
    int odd = (int)(t->seed & 1);
    t->seed = odd ? t->seed >> 1 ^ 0xd008 : t->seed >> 1;
    return release(odd ? DEV_A : DEV_B);
}

static task *work(task *t, packet *p) {
    if (!p) return wait_for_packet(t);
    int to = t->seed & 1 ? HANDLER_A : HANDLER_B;
    t->seed = t->seed * 5 + 1;
    p->value = 0;
    for (int i = 0; i < SIZE; i++) p->data[i] = 'A' + (t->count++ % 26);
    return hand_over(t, p, to);
}

static task *handle(task *t, packet *p) {
    if (p) append(p, p->kind == WORK ? &t->pending_work : &t->pending_device);
    packet *w = t->pending_work;
    if (!w) return wait_for_packet(t);
    if (w->value >= SIZE) {
        t->pending_work = w->next;
        return hand_over(t, w, WORKER);
    }
    packet *d = t->pending_device;
    if (!d) return wait_for_packet(t);
    t->pending_device = d->next;
    d->value = w->data[w->value++];
    return hand_over(t, d, t->id == HANDLER_A ? DEV_A : DEV_B);
}

static task *device(task *t, packet *p) {
    if (p) {
        t->pending_device = p;
        return hold(t);
    }
    p = t->pending_device;
    if (!p) return wait_for_packet(t);
    t->pending_device = 0;
    return hand_over(t, p, p->owner);
}

static void schedule(void) {
    for (int i = TASKS - 1; i >= 0;) {
        task *t = &tasks[i], *next = 0;
        if (!t->held && (!t->waiting || t->queue)) {
            packet *p = t->queue;
            if (p) t->queue = p->next;
            t->waiting = 0;
            next = t->run(t, p);
            if (!next) next = t;
        }
        // Whoever was given something runs next, else the lower priorities.
        i = next && next != t ? next->id : i - 1;
    }
}

static void start(int id, task *(*run)(task *, packet *), enum kind kind, packet *packets, int n) {
    tasks[id] = (task){.run = run, .id = id, .waiting = id != IDLE, .seed = 1};
    for (int i = 0; i < n; i++) {
        packets[i] = (packet){.kind = kind, .owner = id == HANDLER_B ? DEV_B : DEV_A};
        append(&packets[i], &tasks[id].queue);
    }
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    static packet packets[8];
    for (int round = 0; round < rounds; round++) {
        start(IDLE, idle, WORK, 0, 0);
        start(WORKER, work, WORK, packets, 2);
        start(HANDLER_A, handle, DEVICE_A, packets + 2, 3);
        start(HANDLER_B, handle, DEVICE_B, packets + 5, 3);
        start(DEV_A, device, DEVICE_A, 0, 0);
        start(DEV_B, device, DEVICE_B, 0, 0);
        tasks[IDLE].count = COUNT;
        while (tasks[IDLE].count > 0) schedule();
    }
    printf("tasks %d %d\n", handled, holds);
    return 0;
}
