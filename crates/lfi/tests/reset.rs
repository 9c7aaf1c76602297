//! A reset sandbox is as it was when its snapshot was taken, whatever was done
//! to it: every mapping, every byte, and what the process has beside memory.

use lfi::{Config, Engine, Error, Instance, Module, Pool, PoolConfig, RuntimeError, Sandbox, SandboxPtr};
use lfi_filetest::library_with;
use std::time::Duration;

/// Uses in each form of return.
const ROUNDS: i32 = 40;

const SOURCE: &str = r#"
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <fenv.h>
    #include <linux/membarrier.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/resource.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <unistd.h>

    static int counter = 5;
    static char zeros[20000];
    static const char constants[5000] = "constants";
    int *const volatile relocated = &counter; /* read-only after relocation */
    static char *heap, *mapped;

    void prepare(void)
    {
        heap = malloc(100000);
        memset(heap + 50000, 7, 20000);
        mapped = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mapped[500000] = 9;
        mprotect(mapped + 8192, 4096, PROT_NONE);
    }

    int count(void) { return ++counter; }
    unsigned long place(void) { return (unsigned long)&counter; }

    /* What the process is beside its memory, in one number. */
    unsigned long state(void)
    {
        unsigned long sum = syscall(SYS_brk, 0) & 0xffffffff;
        mode_t mask = umask(0);
        umask(mask);
        sum = sum * 31 + mask;
        sum = sum * 31 + (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0);
        int queue = syscall(SYS_mq_open, "queue", O_RDWR, 0, 0);
        close(queue);
        sum = sum * 31 + (queue >= 0);
        for (int fd = 0; fd < 20; fd++)
            sum = sum * 31 + (fcntl(fd, F_GETFD) & 0xff);
        for (int n = 1; n < 32; n++) {
            struct sigaction action;
            sum = sum * 31 + (sigaction(n, 0, &action) == 0 ? (unsigned long)action.sa_handler & 0xffffffff : 1);
        }
        sigset_t set;
        sigprocmask(SIG_SETMASK, 0, &set);
        sum = sum * 31 + *(unsigned long *)&set;
        sigpending(&set);
        sum = sum * 31 + *(unsigned long *)&set;
        stack_t stack;
        sigaltstack(0, &stack);
        sum = sum * 31 + stack.ss_flags;
        for (int resource = 0; resource < RLIMIT_NLIMITS; resource++) {
            struct rlimit limit;
            getrlimit(resource, &limit);
            sum = (sum * 31 + limit.rlim_cur) * 31 + limit.rlim_max;
        }
        for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
            struct itimerval timer;
            getitimer(which, &timer);
            sum = sum * 31 + (timer.it_value.tv_sec != 0);
        }
        int timer = -1;
        syscall(SYS_timer_create, 1, 0, &timer);
        syscall(SYS_timer_delete, timer);
        sum = sum * 31 + timer;
        return sum * 31 + fegetround();
    }

    static unsigned long seed;
    static unsigned random_number(void)
    {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        return seed >> 33;
    }

    static char *somewhere(char *stack)
    {
        char *page;
        switch (random_number() % 9) {
        case 0: page = (char *)&counter; break;
        case 1: page = (char *)constants; break;
        case 2: page = (char *)&relocated; break;
        case 3: page = stack - random_number() % 200000; break;
        case 4: page = heap + random_number() % 100000; break;
        case 5: page = mapped + random_number() % (1 << 20); break;
        case 6: page = zeros + random_number() % 20000; break;
        case 7: page = (char *)syscall(SYS_brk, 0) + random_number() % 65536; break;
        default: page = (char *)((unsigned long)&counter & -1ul << 32) + (unsigned)random_number() * 2; break;
        }
        return (char *)((unsigned long)page & -4096ul);
    }

    static void write_all(char *page, unsigned long pages)
    {
        /* Only what is mapped to be written: the rest would end it too soon. */
        for (; pages--; page += 4096)
            if (syscall(SYS_getrandom, page, 4096, 0) < 0)
                break;
    }

    /* Without the C library, whose own data and locks are among what is written. */
    #define call(name, ...) syscall(SYS_##name, __VA_ARGS__)
    #define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

    void misuse(unsigned long start, int steps, int end)
    {
        char stack[10000];
        seed = start;
        while (steps--) {
            char *page = somewhere(stack), *other = somewhere(stack);
            unsigned long len = (random_number() % 40 + 1) * 4096;
            unsigned long words[4] = { 0, 0, 3600 + random_number(), 0 };
            switch (random_number() % 17) {
            case 0: call(mprotect, page, len, PROT_READ | PROT_WRITE); write_all(page, len / 4096); break;
            case 1: call(mprotect, page, len, random_number() % 2 ? PROT_READ : PROT_NONE); break;
            case 2: call(munmap, page, len); break;
            case 3: call(mmap, page, len, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_FIXED, -1, 0); break;
            case 4: call(mmap, 0, len, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0); break;
            case 5: call(mremap, page, len, len + 8192, MREMAP_MAYMOVE); break;
            case 6: call(mremap, page, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, other); break;
            case 7: call(madvise, page, len, MADV_DONTNEED); break;
            case 8: call(brk, call(brk, 0) + (random_number() % 30 - 10) * 2048); break;
            case 9: call(umask, random_number()); fesetround(FE_UPWARD);
                    call(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0); break;
            case 10: call(rt_sigaction, random_number() % 31 + 1, constants, 0, 8); break;
            case 11: call(close, random_number() % 5); call(dup2, random_number() % 3, random_number() % 20);
                     call(mq_open, "queue", O_RDWR | O_CREAT, 0600, 0); break;
            case 12: call(rt_sigprocmask, SIG_BLOCK, constants, 0, 8); counter++; break;
            case 13: words[0] = words[1] = 10 + random_number() % 4000000000;
                     call(setrlimit, random_number() % RLIMIT_NLIMITS, words); break;
            case 14: call(setitimer, random_number() % 3, words, 0);
                     call(timer_create, 1, 0, words); break;
            case 15: words[0] = ~0ul;
                     call(rt_sigprocmask, SIG_BLOCK, words, 0, 8); call(kill, getpid(), random_number() % 8 + 10);
                     words[0] = (unsigned long)stack; words[1] = 0; words[2] = 8192; call(sigaltstack, words, 0); break;
            default: write_all(page, len / 4096); break;
            }
        }
        switch (end) {
        case 1: __builtin_trap();
        case 2: call(exit_group, 3);
        case 3: call(kill, getpid(), SIGKILL);
        case 4: for (;;) stack[--end] = 1;
        }
    }

    void make_queue(void) { close(call(mq_open, "queue", O_RDWR | O_CREAT, 0600, 0)); }
    void remove_queue(void) { call(mq_unlink, "queue"); }

    /* Memory of its own that was thrown away is zero, not what it was in the snapshot. */
    int thrown_away(void)
    {
        madvise(mapped + 499712, 4096, MADV_DONTNEED);
        return mapped[500000];
    }
    int kept(void) { return mapped[500000]; }
    int call_back(int (*function)(int), int n) { return function(n); }
"#;

fn module(returns: &str) -> Module {
    Module::open(library_with(SOURCE, &["-O1", &format!("--lfi-returns={returns}")])).unwrap()
}

fn call(sandbox: &mut Sandbox, name: &str) -> u64 {
    sandbox.func::<(), u64>(name).unwrap().call(sandbox, ()).unwrap()
}

fn prepared(engine: &Engine, module: &Module) -> Result<Sandbox, Error> {
    let mut sandbox = Sandbox::new(engine, module)?;
    sandbox.func::<(), ()>("prepare")?.call(&mut sandbox, ())?;
    Ok(sandbox)
}

/// All that is mapped in the slot, by offset, with its contents where they can
/// be read. Neighbours that allow the same are one.
#[derive(PartialEq, Eq)]
struct Memory(Vec<(u64, u64, String, Vec<u8>)>);

impl Memory {
    fn of(sandbox: &Sandbox, base: u64) -> Self {
        let mut all: Vec<(u64, u64, String, Vec<u8>)> = Vec::new();
        for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
            let mut words = line.split_whitespace();
            let (start, end) = words.next().unwrap().split_once('-').unwrap();
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let (start, end) = (number(start).max(base), number(end).min(base + (1 << 32)));
            let access = &words.next().unwrap()[..3];
            if start >= end || access == "---" {
                continue;
            }
            let (start, end) = (start - base, end - base);
            let mut contents = Vec::new();
            // The runtime page is not the sandbox's to be read through.
            if access.starts_with('r') && start >= 0x11000 {
                contents = sandbox.read_vec(SandboxPtr::<u8>::new(base + start), (end - start) as usize).unwrap();
            }
            match all.last_mut() {
                Some((_, last, same, bytes)) if *last == start && same == access => {
                    *last = end;
                    bytes.append(&mut contents);
                }
                _ => all.push((start, end, access.to_owned(), contents)),
            }
        }
        Self(all)
    }

    /// Fails with the first difference.
    fn assert_is(&self, other: &Self, what: &str) {
        let mappings = |memory: &Self| -> Vec<_> {
            memory.0.iter().map(|(start, end, access, _)| format!("{start:x}-{end:x} {access}")).collect()
        };
        assert_eq!(mappings(self), mappings(other), "{what}");
        for ((start, _, _, one), (_, _, _, two)) in self.0.iter().zip(&other.0) {
            if one != two {
                let at = one.iter().zip(two).position(|(one, two)| one != two).unwrap_or(one.len());
                panic!("{what}: the byte at {:#x} differs", start + at as u64);
            }
        }
    }
}

#[test]
fn class_22_nothing_of_a_use_is_left() {
    let engine = Engine::new(&Config::default()).unwrap();
    for returns in ["jump", "ret"] {
        let mut sandbox = prepared(&engine, &module(returns)).unwrap();
        let base = call(&mut sandbox, "place") & !0xffff_ffff;
        sandbox.take_snapshot().unwrap();
        let memory = Memory::of(&sandbox, base);
        assert!(memory.0.iter().map(|(_, _, _, contents)| contents.len()).sum::<usize>() > 9 << 20, "all is compared");
        let state = call(&mut sandbox, "state");
        sandbox.reset().unwrap();
        let misuse = sandbox.func::<(u64, i32, i32), ()>("misuse").unwrap();
        for round in 0..ROUNDS {
            // Calm uses first, from which it is learnt which pages are hot.
            let (steps, end) = if round < 6 { (0, 0) } else { (round % 30, round % 5) };
            let result = misuse.call(&mut sandbox, (round as u64, steps, end));
            assert!(end == 0 || result.is_err(), "{returns}, {round}");
            let what = format!("{returns}, round {round}, after {result:?}");
            sandbox.reset().unwrap();
            memory.assert_is(&Memory::of(&sandbox, base), &what);
            assert_eq!(call(&mut sandbox, "state"), state, "{what}");
            assert_eq!(call(&mut sandbox, "count"), 6, "{what}");
            sandbox.reset().unwrap();
            assert!(!sandbox.is_dead());
        }
    }
}

#[test]
fn what_was_thrown_away_is_zero_until_the_reset() {
    let engine = Engine::new(&Config::default()).unwrap();
    for returns in ["jump", "ret"] {
        let mut sandbox = prepared(&engine, &module(returns)).unwrap();
        sandbox.take_snapshot().unwrap();
        for _ in 0..10 {
            assert_eq!(call(&mut sandbox, "kept"), 9);
            assert_eq!(call(&mut sandbox, "thrown_away"), 0);
            sandbox.reset().unwrap();
        }
    }
}

#[test]
fn instances_of_a_pool_are_as_they_were_made() {
    fn crosses_threads<T: Send + Sync>(_: &T) {}
    let engine = Engine::new(&Config::default()).unwrap();
    let module = module("jump");
    let mut config = PoolConfig::default();
    config.most = 3;
    let pool = Pool::with(config, move || prepared(&engine, &module)).unwrap();
    crosses_threads(&pool);
    for round in 0..20 {
        let mut instances: Vec<Instance> = (0..3).map(|_| pool.get().unwrap()).collect();
        assert!(matches!(pool.get(), Err(Error::PoolExhausted)));
        for instance in &mut instances {
            assert_eq!(call(instance, "kept"), 9);
            assert_eq!((call(instance, "count"), call(instance, "count")), (6, 7));
            let misuse = instance.func::<(u64, i32, i32), ()>("misuse").unwrap();
            let _ = misuse.call(instance, (round, 10, 1));
            assert!(instance.is_dead());
        }
        // Instances that were exchanged do not come back to a pool that is not theirs.
        let (one, two) = instances.split_at_mut(1);
        if round == 10 {
            std::mem::swap(&mut *one[0], &mut *two[0]);
        }
    }
}

#[test]
fn what_cannot_be_reset_says_so() {
    let engine = Engine::new(&Config::default()).unwrap();
    let mut sandbox = Sandbox::new(&engine, &module("jump")).unwrap();
    assert!(matches!(sandbox.reset(), Err(Error::Runtime(RuntimeError::NoSnapshot))));
    let buffer = lfi::SharedBuffer::new(4096).unwrap();
    let share = sandbox.share(&buffer).unwrap();
    assert!(matches!(sandbox.take_snapshot(), Err(Error::Runtime(RuntimeError::Unsupported(_)))));
    sandbox.unshare(share).unwrap();
    sandbox.func::<(), ()>("make_queue").unwrap().call(&mut sandbox, ()).unwrap();
    assert!(matches!(sandbox.take_snapshot(), Err(Error::Runtime(RuntimeError::Unsupported(_)))));
    sandbox.func::<(), ()>("remove_queue").unwrap().call(&mut sandbox, ()).unwrap();
    sandbox.take_snapshot().unwrap();
    // What is shared later is gone after a reset.
    let share = sandbox.share(&buffer).unwrap();
    sandbox.reset().unwrap();
    assert!(sandbox.read_vec(share.pointer(), 1).is_err());
    assert!(matches!(sandbox.unshare(share), Err(Error::Memory { .. })));
    sandbox.func::<(u64, i32, i32), ()>("misuse").unwrap().call(&mut sandbox, (0, 0, 1)).unwrap_err();
    assert!(matches!(sandbox.take_snapshot(), Err(Error::Dead)));
    sandbox.reset().unwrap();
    assert_eq!(call(&mut sandbox, "count"), 6);
}

#[test]
fn callbacks_are_those_of_the_snapshot() {
    let engine = Engine::new(&Config::default()).unwrap();
    for returns in ["jump", "ret"] {
        let mut sandbox = Sandbox::new(&engine, &module(returns)).unwrap();
        let s = &mut sandbox;
        let call_back = s.func::<(SandboxPtr<()>, i32), i32>("call_back").unwrap();
        let early = s.callback(|_: &mut Sandbox, (n,): (i32,)| n + 1).unwrap();
        let removed = s.callback(|_: &mut Sandbox, (n,): (i32,)| n + 2).unwrap();
        let (early, removed_pointer) = (early.pointer(), removed.pointer());
        s.take_snapshot().unwrap();
        for _ in 0..3 {
            let secret = std::sync::Arc::new(());
            let held = std::sync::Arc::clone(&secret);
            let late = s.callback(move |_: &mut Sandbox, (n,): (i32,)| n + std::sync::Arc::strong_count(&held) as i32);
            let late = late.unwrap().pointer();
            assert_eq!(call_back.call(s, (late, 5)).unwrap(), 7);
            s.reset().unwrap();
            assert_eq!(std::sync::Arc::strong_count(&secret), 1, "what it owned is dropped");
            assert_eq!(call_back.call(s, (early, 5)).unwrap(), 6);
            assert_eq!(call_back.call(s, (removed_pointer, 5)).unwrap(), 7);
            assert!(matches!(call_back.call(s, (late, 5)), Err(Error::Fault(_))));
            s.reset().unwrap();
        }
        s.remove_callback(removed).unwrap();
        assert!(matches!(call_back.call(s, (removed_pointer, 5)), Err(Error::Fault(_))));
        s.reset().unwrap();
        assert_eq!(call_back.call(s, (removed_pointer, 5)).unwrap(), 7);
    }
}

#[test]
fn nothing_is_reset_in_a_callback() {
    let engine = Engine::new(&Config::default()).unwrap();
    let mut sandbox = Sandbox::new(&engine, &module("jump")).unwrap();
    let s = &mut sandbox;
    s.take_snapshot().unwrap();
    let call_back = s.func::<(SandboxPtr<()>, i32), i32>("call_back").unwrap();
    let busy = |result: Result<(), Error>| matches!(result, Err(Error::Runtime(RuntimeError::Busy)));
    let callback = move |sandbox: &mut Sandbox, (_,): (i32,)| {
        i32::from(busy(sandbox.reset())) + i32::from(busy(sandbox.take_snapshot()))
    };
    let callback = s.callback(callback).unwrap().pointer();
    assert_eq!(call_back.call(s, (callback, 0)).unwrap(), 2);
    // After a panic the sandbox can be reset.
    let callback = s.callback(|_: &mut Sandbox, (_,): (i32,)| -> i32 { panic!("on purpose") }).unwrap().pointer();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call_back.call(s, (callback, 0))));
    assert!(panic.is_err() && s.is_dead());
    s.reset().unwrap();
    assert_eq!(call(s, "count"), 6);
}

/// The time of a call that a panic has ended is over, too: it strikes no later use, and the next call has its own.
#[test]
fn class_21_a_time_limit_ends_with_a_panic() {
    const LIMIT: Duration = Duration::from_millis(100);
    let engine = Engine::new(&Config::default()).unwrap();
    let mut sandbox = Sandbox::new(&engine, &module("jump")).unwrap();
    let s = &mut sandbox;
    s.take_snapshot().unwrap();
    s.set_time_limit(Some(LIMIT)).unwrap();
    let call_back = s.func::<(SandboxPtr<()>, i32), i32>("call_back").unwrap();
    let panics = s.callback(|_: &mut Sandbox, (_,): (i32,)| -> i32 { panic!("on purpose") }).unwrap().pointer();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call_back.call(s, (panics, 0))));
    assert!(panic.is_err());
    s.reset().unwrap();
    std::thread::sleep(2 * LIMIT);
    assert_eq!(call(s, "count"), 6);
    let sleeps = s.callback(|_: &mut Sandbox, (n,): (i32,)| {
        std::thread::sleep(3 * LIMIT);
        n
    });
    let sleeps = sleeps.unwrap().pointer();
    assert!(matches!(call_back.call(s, (sleeps, 0)), Err(Error::TimedOut)));
}

/// A wish for a thread that a panic has left behind is nobody's after a reset: the library's own thread runs.
#[test]
fn class_22_a_thread_that_was_asked_for_is_forgotten() {
    let source = r#"
        #include <pthread.h>
        static int (*callback)(int);
        void set(int (*f)(int)) { callback = f; }
        int pthread_attr_init(pthread_attr_t *attributes)
        {
            *attributes = (pthread_attr_t){0};
            return callback ? callback(1) : 0;
        }
        static void *body(void *p) { return (char *)p + 1; }
        long run(void)
        {
            pthread_t thread;
            void *result = 0;
            return pthread_create(&thread, 0, body, (void *)6) || pthread_join(thread, &result) ? -1 : (long)result;
        }"#;
    let module = Module::open(library_with(source, &["-O1"])).unwrap();
    let mut sandbox = Sandbox::new(&Engine::new(&Config::default()).unwrap(), &module).unwrap();
    let s = &mut sandbox;
    s.take_snapshot().unwrap();
    let callback = s.callback(|_: &mut Sandbox, _: (i32,)| -> i32 { panic!("on purpose") }).unwrap();
    s.func::<(SandboxPtr<()>,), ()>("set").unwrap().call(s, (callback.pointer(),)).unwrap();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| s.attach().map(drop))).unwrap_err();
    s.reset().unwrap();
    s.set_time_limit(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(s.func::<(), i64>("run").unwrap().call(s, ()).unwrap(), 7);
}
