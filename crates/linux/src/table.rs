//! The system-call table: one row per call, with its number on each target and
//! its handler, or why it has none. The table is the documentation.

use crate::{
    call::{
        copy, descriptor, directory, event, file, futex, identity, memory, metadata, misc, notify, poll, process,
        queue, schedule, signal, socket, thread as threads, time, timer, xattr,
    },
    holder::Holder,
    policy::Rule,
    process::Process,
    thread::Thread,
};
use rustix::io::Errno;
use std::sync::LazyLock;

/// What a handler returns.
pub(crate) type Outcome = Result<u64, Errno>;

/// How far a call is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It is done.
    Handled,
    /// It succeeds without doing anything, for this reason.
    Ignored(&'static str),
    /// It fails with `ENOSYS`, for this reason.
    Unsupported(&'static str),
}

/// Answers a call. Each argument stays in a register: in memory, where a copy moves several at once, the copy
/// would wait for the stores that made them, behind all that a crossing has stored.
type Handler = fn(&mut Thread, u64, u64, u64, u64, u64, u64) -> Outcome;

/// The same, of a *light* call: one for which nothing of the thread is needed. Its context pauses, as
/// `lfi_runtime::Pause` has it: the handler calls the host's kernel and code of this layer, and makes no thread.
type LightHandler = fn(&mut Holder, u64, u64, u64, u64, u64, u64) -> Outcome;

/// One row of the table.
#[derive(Debug)]
pub struct SystemCall {
    /// Its name, as in syscalls(2).
    pub name: &'static str,
    /// Its numbers on x64, arm64, riscv64.
    pub numbers: [Option<u16>; 3],
    /// Names of its arguments.
    pub arguments: &'static [&'static str],
    /// How far it is supported.
    pub support: Support,
    handler: Handler,
    light: Option<LightHandler>,
}

/// What a handler is about: the thread that calls, or its process.
pub(crate) trait Caller<'a> {
    fn of(thread: &'a mut Thread) -> Self;
}

/// What a light handler is about: the process.
pub(crate) trait LightCaller<'a> {
    fn of_process(process: &'a mut Holder) -> Self;
}

impl<'a> Caller<'a> for &'a mut Thread {
    fn of(thread: &'a mut Thread) -> Self {
        thread
    }
}

impl<'a, T: LightCaller<'a>> Caller<'a> for T {
    fn of(thread: &'a mut Thread) -> Self {
        T::of_process(&mut thread.process)
    }
}

impl<'a> LightCaller<'a> for &'a Process {
    fn of_process(process: &'a mut Holder) -> Self {
        process
    }
}

/// For what takes less where the process has one thread.
impl<'a> LightCaller<'a> for &'a mut Holder {
    fn of_process(process: &'a mut Holder) -> Self {
        process
    }
}

/// An argument of a handler, made from the register's value as the kernel
/// does: an `int` is its low half.
pub(crate) trait Argument {
    fn from_register(raw: u64) -> Self;
}

impl Argument for u64 {
    fn from_register(raw: u64) -> Self {
        raw
    }
}

impl Argument for i64 {
    fn from_register(raw: u64) -> Self {
        raw.cast_signed()
    }
}

impl Argument for u32 {
    fn from_register(raw: u64) -> Self {
        (raw & 0xffff_ffff) as Self
    }
}

impl Argument for i32 {
    fn from_register(raw: u64) -> Self {
        u32::from_register(raw).cast_signed()
    }
}

macro_rules! number {
    (_) => {
        None
    };
    ($number:literal) => {
        Some($number)
    };
}

/// How far a call is supported, and its handler.
macro_rules! answer {
    (ignore $why:literal) => {
        (Support::Ignored($why), |_, _, _, _, _, _, _| Ok(0))
    };
    (nosys $why:literal) => {
        (Support::Unsupported($why), |_, _, _, _, _, _, _| Err(Errno::NOSYS))
    };
    ($($handler:ident)::+ ($($argument:ident),*)) => {
        (Support::Handled, |thread, a, b, c, d, e, f| {
            let [$($argument,)* ..] = [a, b, c, d, e, f];
            $($handler)::+(Caller::of(thread) $(, Argument::from_register($argument))*)
        })
    };
}

/// The handler of a light call.
macro_rules! light {
    (light $($handler:ident)::+ ($($argument:ident),*)) => {
        Some(|process, a, b, c, d, e, f| {
            let [$($argument,)* ..] = [a, b, c, d, e, f];
            $($handler)::+(LightCaller::of_process(process) $(, Argument::from_register($argument))*)
        })
    };
    ($($heavy:tt)*) => {
        None
    };
}

/// Builds `TABLE`. A row is `name = [x64 arm64 riscv64] => ` and one of
/// `module::handler(argument, ...)`, `ignore "reason"`, `nosys "reason"`; a light call has the word in front.
macro_rules! syscalls {
    ($($name:ident = [$x64:tt, $arm64:tt, $riscv64:tt] $($light:ident)?
        => $($how:ident)::+ $(($($argument:ident),*))? $($why:literal)?;)*) => {
        static TABLE: &[SystemCall] = &[$({
            const ANSWER: (Support, Handler) = answer!($($how)::+ $(($($argument),*))? $($why)?);
            SystemCall {
                name: stringify!($name),
                numbers: [number!($x64), number!($arm64), number!($riscv64)],
                arguments: &[$($(stringify!($argument)),*)?],
                support: ANSWER.0,
                handler: ANSWER.1,
                light: light!($($light)? $($how)::+ $(($($argument),*))? $($why)?),
            }
        }),*];
    };
}

syscalls! {
    //                        x64 arm64 riscv64
    // Reading and writing. The standard streams are pipes to a program, whatever
    // they are to the host: pwrite, ftruncate, fallocate and locks fail on them,
    // and only one that is open just to read (`< file`) can be sought in. What their
    // file is (fstat) and where the next write lands (lseek) they tell.
    read              =      [0,   63,   63] light => file::read(fd, buffer, count);
    write             =      [1,   64,   64] light => file::write(fd, buffer, count);
    readv             =     [19,   65,   65] light => file::readv(fd, vector, count);
    writev            =     [20,   66,   66] light => file::writev(fd, vector, count);
    pread64           =     [17,   67,   67] light => file::pread(fd, buffer, count, offset);
    pwrite64          =     [18,   68,   68] light => file::pwrite(fd, buffer, count, offset);
    preadv            =    [295,   69,   69] light => file::preadv(fd, vector, count, offset);
    pwritev           =    [296,   70,   70] light => file::pwritev(fd, vector, count, offset);
    preadv2           =    [327,  286,  286] light => file::preadv2(fd, vector, count, offset, high, flags);
    pwritev2          =    [328,  287,  287] light => file::pwritev2(fd, vector, count, offset, high, flags);
    lseek             =      [8,   62,   62] light => file::lseek(fd, offset, whence);
    ftruncate         =     [77,   46,   46] => file::ftruncate(fd, len);
    truncate          =     [76,   45,   45] => file::truncate(path, len);
    fallocate         =    [285,   47,   47] => file::fallocate(fd, mode, offset, len);
    fsync             =     [74,   82,   82] => file::fsync(fd);
    fdatasync         =     [75,   83,   83] => file::fdatasync(fd);
    flock             =     [73,   32,   32] => file::flock(fd, operation);
    sendfile          =     [40,   71,   71] => copy::sendfile(out_fd, in_fd, offset, count);
    copy_file_range   =    [326,  285,  285] => copy::copy_file_range(in_fd, in_offset, out_fd, out_offset, count, flags);
    splice            =    [275,   76,   76] => copy::splice(in_fd, in_offset, out_fd, out_offset, count, flags);
    tee               =    [276,   77,   77] => copy::tee(in_fd, out_fd, count, flags);
    vmsplice          =    [278,   75,   75] => nosys "pages of a sandbox are not given away";
    fadvise64         =    [221,  223,  223] => file::fadvise64(fd, offset, len, advice);
    readahead         =    [187,  213,  213] => ignore "advice only";
    sync              =    [162,   81,   81] => ignore "fsync is there for the program's own files";
    syncfs            =    [306,  267,  267] => ignore "fsync is there for the program's own files";
    sync_file_range   =    [277,   84,   84] => ignore "advice; fsync is there for durability";

    // Descriptors.
    close             =      [3,   57,   57] light => descriptor::close(fd);
    close_range       =    [436,  436,  436] => descriptor::close_range(first, last, flags);
    dup               =     [32,   23,   23] light => descriptor::dup(fd);
    dup2              =     [33,    _,    _] light => descriptor::dup2(fd, new_fd);
    dup3              =    [292,   24,   24] light => descriptor::dup3(fd, new_fd, flags);
    fcntl             =     [72,   25,   25] light => descriptor::fcntl(fd, command, argument);
    ioctl             =     [16,   29,   29] light => descriptor::ioctl(fd, request, argument);
    pipe              =     [22,    _,    _] => descriptor::pipe(fds);
    pipe2             =    [293,   59,   59] => descriptor::pipe2(fds, flags);
    poll              =      [7,    _,    _] light => poll::poll(fds, count, timeout);
    ppoll             =    [271,   73,   73] => poll::ppoll(fds, count, timeout, mask, size);
    select            =     [23,    _,    _] => poll::select(count, readable, writable, exceptional, timeout);
    pselect6          =    [270,   72,   72] => poll::pselect6(count, readable, writable, exceptional, timeout, mask);
    epoll_create1     =    [291,   20,   20] => event::epoll_create1(flags);
    epoll_create      =    [213,    _,    _] => event::epoll_create(size);
    epoll_ctl         =    [233,   21,   21] => event::epoll_ctl(fd, operation, other_fd, event);
    epoll_wait        =    [232,    _,    _] light => event::epoll_wait(fd, events, count, timeout);
    epoll_pwait       =    [281,   22,   22] => event::epoll_pwait(fd, events, count, timeout, mask, size);
    epoll_pwait2      =    [441,  441,  441] => event::epoll_pwait2(fd, events, count, timeout, mask, size);
    eventfd2          =    [290,   19,   19] => event::eventfd2(value, flags);
    eventfd           =    [284,    _,    _] => event::eventfd(value);
    inotify_init1     =    [294,   26,   26] => notify::inotify_init1(flags);
    inotify_init      =    [253,    _,    _] => notify::inotify_init();
    inotify_add_watch =    [254,   27,   27] => notify::inotify_add_watch(fd, path, mask);
    inotify_rm_watch  =    [255,   28,   28] => notify::inotify_rm_watch(fd, watch);
    fanotify_init     =    [300,  262,  262] => nosys "it sees the whole host";
    mq_open           =    [240,  180,  180] => queue::mq_open(name, flags, mode, attributes);
    mq_unlink         =    [241,  181,  181] => queue::mq_unlink(name);
    mq_timedsend      =    [242,  182,  182] => queue::mq_timedsend(fd, message, len, priority, timeout);
    mq_timedreceive   =    [243,  183,  183] => queue::mq_timedreceive(fd, buffer, len, priority, timeout);
    mq_notify         =    [244,  184,  184] => queue::mq_notify(fd, event);
    mq_getsetattr     =    [245,  185,  185] => queue::mq_getsetattr(fd, new, old);
    socket            =     [41,  198,  198] => socket::socket(domain, kind, protocol);
    socketpair        =     [53,  199,  199] => socket::socketpair(domain, kind, protocol, fds);
    bind              =     [49,  200,  200] => socket::bind(fd, address, address_len);
    connect           =     [42,  203,  203] => socket::connect(fd, address, address_len);
    listen            =     [50,  201,  201] => socket::listen(fd, backlog);
    accept            =     [43,  202,  202] => socket::accept(fd, address, address_len);
    accept4           =    [288,  242,  242] => socket::accept4(fd, address, address_len, flags);
    shutdown          =     [48,  210,  210] => socket::shutdown(fd, how);
    getsockname       =     [51,  204,  204] => socket::getsockname(fd, address, address_len);
    getpeername       =     [52,  205,  205] => socket::getpeername(fd, address, address_len);
    sendto            =     [44,  206,  206] light => socket::sendto(fd, buffer, count, flags, address, address_len);
    recvfrom          =     [45,  207,  207] light => socket::recvfrom(fd, buffer, count, flags, address, address_len);
    sendmsg           =     [46,  211,  211] light => socket::sendmsg(fd, message, flags);
    recvmsg           =     [47,  212,  212] light => socket::recvmsg(fd, message, flags);
    setsockopt        =     [54,  208,  208] => socket::setsockopt(fd, level, name, value, len);
    getsockopt        =     [55,  209,  209] => socket::getsockopt(fd, level, name, value, len);
    sendmmsg          =    [307,  269,  269] => socket::many::sendmmsg(fd, messages, count, flags);
    recvmmsg          =    [299,  243,  243] => socket::many::recvmmsg(fd, messages, count, flags, timeout);

    // Names.
    open              =      [2,    _,    _] light => directory::open(path, flags, mode);
    openat            =    [257,   56,   56] light => directory::openat(dir, path, flags, mode);
    creat             =     [85,    _,    _] => directory::creat(path, mode);
    openat2           =    [437,  437,  437] => directory::openat2(dir, path, how, size);
    getdents64        =    [217,   61,   61] light => directory::getdents64(fd, buffer, count);
    getcwd            =     [79,   17,   17] light => directory::getcwd(buffer, size);
    chdir             =     [80,   49,   49] => directory::chdir(path);
    fchdir            =     [81,   50,   50] => directory::fchdir(fd);
    mkdir             =     [83,    _,    _] => directory::mkdir(path, mode);
    mkdirat           =    [258,   34,   34] => directory::mkdirat(dir, path, mode);
    rmdir             =     [84,    _,    _] => directory::rmdir(path);
    unlink            =     [87,    _,    _] => directory::unlink(path);
    unlinkat          =    [263,   35,   35] => directory::unlinkat(dir, path, flags);
    rename            =     [82,    _,    _] => directory::rename(path, new_path);
    renameat          =    [264,   38,    _] => directory::renameat(dir, path, new_dir, new_path);
    renameat2         =    [316,  276,  276] => directory::renameat2(dir, path, new_dir, new_path, flags);
    link              =     [86,    _,    _] => directory::link(path, new_path);
    linkat            =    [265,   37,   37] => directory::linkat(dir, path, new_dir, new_path, flags);
    symlink           =     [88,    _,    _] => directory::symlink(target, path);
    symlinkat         =    [266,   36,   36] => directory::symlinkat(target, dir, path);
    readlink          =     [89,    _,    _] light => directory::readlink(path, buffer, size);
    readlinkat        =    [267,   78,   78] light => directory::readlinkat(dir, path, buffer, size);
    chroot            =    [161,   51,   51] => nosys "the mount table is fixed";
    mknod             =    [133,    _,    _] => directory::mknod(path, mode);
    mknodat           =    [259,   33,   33] => directory::mknodat(dir, path, mode);

    // What is known about files.
    stat              =      [4,    _,    _] light => metadata::stat(path, buffer);
    lstat             =      [6,    _,    _] light => metadata::lstat(path, buffer);
    fstat             =      [5,   80,   80] light => metadata::fstat(fd, buffer);
    newfstatat        =    [262,   79,   79] light => metadata::newfstatat(dir, path, buffer, flags);
    statx             =    [332,  291,  291] light => metadata::statx(dir, path, flags, mask, buffer);
    statfs            =    [137,   43,   43] => metadata::statfs(path, buffer);
    fstatfs           =    [138,   44,   44] => metadata::fstatfs(fd, buffer);
    access            =     [21,    _,    _] light => metadata::access(path, mode);
    faccessat         =    [269,   48,   48] light => metadata::faccessat(dir, path, mode);
    faccessat2        =    [439,  439,  439] light => metadata::faccessat2(dir, path, mode, flags);
    chmod             =     [90,    _,    _] => metadata::chmod(path, mode);
    fchmod            =     [91,   52,   52] => metadata::fchmod(fd, mode);
    fchmodat          =    [268,   53,   53] => metadata::fchmodat(dir, path, mode);
    fchmodat2         =    [452,  452,  452] => metadata::fchmodat2(dir, path, mode, flags);
    chown             =     [92,    _,    _] => metadata::chown(path, user, group);
    lchown            =     [94,    _,    _] => metadata::lchown(path, user, group);
    fchown            =     [93,   55,   55] => metadata::fchown(fd, user, group);
    fchownat          =    [260,   54,   54] => metadata::fchownat(dir, path, user, group, flags);
    utime             =    [132,    _,    _] => metadata::utime(path, times);
    utimes            =    [235,    _,    _] => metadata::utimes(path, times);
    futimesat         =    [261,    _,    _] => metadata::futimesat(dir, path, times);
    utimensat         =    [280,   88,   88] => metadata::utimensat(dir, path, times, flags);
    umask             =     [95,  166,  166] => metadata::umask(mode);
    getxattr          =    [191,    8,    8] => xattr::getxattr(path, name, buffer, size);
    lgetxattr         =    [192,    9,    9] => xattr::lgetxattr(path, name, buffer, size);
    fgetxattr         =    [193,   10,   10] => xattr::fgetxattr(fd, name, buffer, size);
    listxattr         =    [194,   11,   11] => xattr::listxattr(path, buffer, size);
    llistxattr        =    [195,   12,   12] => xattr::llistxattr(path, buffer, size);
    flistxattr        =    [196,   13,   13] => xattr::flistxattr(fd, buffer, size);
    setxattr          =    [188,    5,    5] => xattr::setxattr(path, name, value, size, flags);
    lsetxattr         =    [189,    6,    6] => xattr::lsetxattr(path, name, value, size, flags);
    fsetxattr         =    [190,    7,    7] => xattr::fsetxattr(fd, name, value, size, flags);
    removexattr       =    [197,   14,   14] => xattr::removexattr(path, name);
    lremovexattr      =    [198,   15,   15] => xattr::lremovexattr(path, name);
    fremovexattr      =    [199,   16,   16] => xattr::fremovexattr(fd, name);

    // Memory.
    brk               =     [12,  214,  214] light => memory::brk(address);
    mmap              =      [9,  222,  222] light => memory::mmap(address, len, protection, flags, fd, offset);
    munmap            =     [11,  215,  215] light => memory::munmap(address, len);
    mprotect          =     [10,  226,  226] light => memory::mprotect(address, len, protection);
    mremap            =     [25,  216,  216] light => memory::mremap(address, len, new_len, flags, new_address);
    madvise           =     [28,  233,  233] light => memory::madvise(address, len, advice);
    msync             =     [26,  227,  227] => memory::msync(address, len, flags);
    mincore           =     [27,  232,  232] => nosys "callers cope";
    // What is locked the host decides: only the arguments are looked at.
    mlock             =    [149,  228,  228] => memory::mlock(address, len);
    munlock           =    [150,  229,  229] => memory::mlock(address, len);
    mlockall          =    [151,  230,  230] => memory::mlockall(flags);
    munlockall        =    [152,  231,  231] => ignore "the host decides what stays in memory";
    memfd_create      =    [319,  279,  279] => file::memfd_create(name, flags);
    pkey_mprotect     =    [329,  288,  288] => nosys "protection keys are the host's";
    pkey_alloc        =    [330,  289,  289] => nosys "protection keys are the host's";

    // Time.
    clock_gettime     =    [228,  113,  113] light => time::clock_gettime(clock, buffer);
    clock_getres      =    [229,  114,  114] => time::clock_getres(clock, buffer);
    clock_nanosleep   =    [230,  115,  115] => time::clock_nanosleep(clock, flags, request, rest);
    clock_settime     =    [227,  112,  112] => time::clock_settime(clock, buffer);
    nanosleep         =     [35,  101,  101] => time::nanosleep(request, rest);
    gettimeofday      =     [96,  169,  169] light => time::gettimeofday(buffer, zone);
    time              =    [201,    _,    _] light => time::time(buffer);
    times             =    [100,  153,  153] => time::times(buffer);
    getrusage         =     [98,  165,  165] => time::getrusage(who, buffer);
    alarm             =     [37,    _,    _] => timer::alarm(seconds);
    setitimer         =     [38,  103,  103] => timer::setitimer(which, new, old);
    getitimer         =     [36,  102,  102] => timer::getitimer(which, buffer);
    timer_create      =    [222,  107,  107] => timer::timer_create(clock, event, buffer);
    timer_settime     =    [223,  110,  110] => timer::timer_settime(timer, flags, new, old);
    timer_gettime     =    [224,  108,  108] => timer::timer_gettime(timer, buffer);
    timer_getoverrun  =    [225,  109,  109] => timer::timer_getoverrun(timer);
    timer_delete      =    [226,  111,  111] => timer::timer_delete(timer);
    timerfd_create    =    [283,   85,   85] => event::timerfd_create(clock, flags);
    timerfd_settime   =    [286,   86,   86] => event::timerfd_settime(fd, flags, new, old);
    timerfd_gettime   =    [287,   87,   87] => event::timerfd_gettime(fd, buffer);

    // The process.
    exit              =     [60,   93,   93] => threads::exit(status);
    exit_group        =    [231,   94,   94] => process::exit_group(status);
    getpid            =     [39,  172,  172] => process::getpid();
    gettid            =    [186,  178,  178] => threads::gettid();
    getppid           =    [110,  173,  173] => process::getppid();
    getpgrp           =    [111,    _,    _] => process::getpid();
    getpgid           =    [121,  155,  155] => process::getpgid(pid);
    getsid            =    [124,  156,  156] => process::getpgid(pid);
    setsid            =    [112,  157,  157] => nosys "one process, no session of its own";
    setpgid           =    [109,  154,  154] => nosys "one process, no group of its own";
    getuid            =    [102,  174,  174] => process::getuid();
    geteuid           =    [107,  175,  175] => process::getuid();
    getgid            =    [104,  176,  176] => process::getgid();
    getegid           =    [108,  177,  177] => process::getgid();
    getgroups         =    [115,  158,  158] light => process::getgroups(count, buffer);
    getresuid         =    [118,  148,  148] => process::getresuid(real, effective, saved);
    getresgid         =    [120,  150,  150] => process::getresgid(real, effective, saved);
    setuid            =    [105,  146,  146] => identity::setuid(id);
    setgid            =    [106,  144,  144] => identity::setgid(id);
    setreuid          =    [113,  145,  145] => identity::setreuid(real, effective);
    setregid          =    [114,  143,  143] => identity::setregid(real, effective);
    setresuid         =    [117,  147,  147] => identity::setresuid(real, effective, saved);
    setresgid         =    [119,  149,  149] => identity::setresgid(real, effective, saved);
    setfsuid          =    [122,  151,  151] => identity::setfsuid();
    setfsgid          =    [123,  152,  152] => identity::setfsgid();
    capget            =    [125,   90,   90] => identity::capget(header, sets);
    capset            =    [126,   91,   91] => identity::capset(header, sets);
    personality       =    [135,   92,   92] => identity::personality(wish);
    setgroups         =    [116,  159,  159] => identity::setgroups();
    getpriority       =    [140,  141,  141] => schedule::getpriority(which, who);
    setpriority       =    [141,  140,  140] => schedule::setpriority(which, who, nice);
    set_tid_address   =    [218,   96,   96] => threads::set_tid_address(address);
    set_robust_list   =    [273,   99,   99] => ignore "the C library walks it itself; a thread that dies without takes the process with it";
    get_robust_list   =    [274,  100,  100] => nosys "the C library keeps its list itself";
    rseq              =    [334,  293,  293] => nosys "the C library falls back";
    arch_prctl        =    [158,    _,    _] => threads::arch_prctl(code, address);
    prctl             =    [157,  167,  167] => process::prctl(option, argument);
    futex             =    [202,   98,   98] light => futex::futex(address, operation, value, timeout, address2, value3);
    sched_yield       =     [24,  124,  124] => threads::sched_yield();
    sched_getaffinity =    [204,  123,  123] => process::sched_getaffinity(pid, size, buffer);
    sched_setaffinity =    [203,  122,  122] => ignore "scheduling is the host's";
    sched_getscheduler =    [145,  120,  120] => schedule::sched_getscheduler(pid);
    sched_setscheduler =    [144,  119,  119] => schedule::sched_setscheduler(pid, policy, parameters);
    sched_getparam    =    [143,  121,  121] => schedule::sched_getparam(pid, parameters);
    sched_setparam    =    [142,  118,  118] => schedule::sched_setparam(pid, parameters);
    sched_get_priority_max =    [146,  125,  125] => schedule::sched_get_priority_max(policy);
    sched_get_priority_min =    [147,  126,  126] => schedule::sched_get_priority_min(policy);
    sched_rr_get_interval =    [148,  127,  127] => schedule::sched_rr_get_interval(pid, buffer);
    getcpu            =    [309,  168,  168] => process::getcpu(cpu, node);
    membarrier        =    [324,  283,  283] => threads::membarrier(command, flags);
    prlimit64         =    [302,  261,  261] => process::prlimit64(pid, resource, new, old);
    getrlimit         =     [97,  163,  163] => process::getrlimit(resource, buffer);
    setrlimit         =    [160,  164,  164] => process::setrlimit(resource, buffer);
    // Threads only, and none in an exclusive sandbox: ENOSYS.
    clone             =     [56,  220,  220] => threads::clone(flags, stack, parent_tid, child_tid, pointer);
    clone3            =    [435,  435,  435] => threads::clone3(arguments, size);
    fork              =     [57,    _,    _] => nosys "one process per sandbox";
    vfork             =     [58,    _,    _] => nosys "one process per sandbox";
    execve            =     [59,  221,  221] => nosys "one program per sandbox";
    execveat          =    [322,  281,  281] => nosys "one program per sandbox";
    wait4             =     [61,  260,  260] => process::wait4();
    waitid            =    [247,   95,   95] => process::waitid();
    ptrace            =    [101,  117,  117] => nosys "reaches other processes";
    seccomp           =    [317,  277,  277] => nosys "the system calls are emulated";
    process_vm_readv  =    [310,  270,  270] => nosys "reaches other processes";
    process_vm_writev =    [311,  271,  271] => nosys "reaches other processes";
    io_uring_setup    =    [425,  425,  425] => nosys "reaches the host's kernel past this table";
    bpf               =    [321,  280,  280] => nosys "reaches the host's kernel past this table";
    perf_event_open   =    [298,  241,  241] => nosys "reaches the host's kernel past this table";
    userfaultfd       =    [323,  282,  282] => nosys "reaches the host's kernel past this table";

    // Signals: within the process.
    rt_sigaction      =     [13,  134,  134] => signal::rt_sigaction(signal, new, old, size);
    rt_sigprocmask    =     [14,  135,  135] => signal::rt_sigprocmask(how, new, old, size);
    rt_sigpending     =    [127,  136,  136] => signal::rt_sigpending(buffer, size);
    sigaltstack       =    [131,  132,  132] => signal::sigaltstack(new, old);
    kill              =     [62,  129,  129] => signal::kill(pid, signal);
    tkill             =    [200,  130,  130] => signal::tkill(tid, signal);
    tgkill            =    [234,  131,  131] => signal::tgkill(pid, tid, signal);
    rt_sigqueueinfo   =    [129,  138,  138] => signal::rt_sigqueueinfo(pid, signal, info);
    rt_tgsigqueueinfo =    [297,  240,  240] => signal::rt_tgsigqueueinfo(pid, tid, signal, info);
    pause             =     [34,    _,    _] => signal::pause();
    rt_sigsuspend     =    [130,  133,  133] => signal::rt_sigsuspend(set, size);
    rt_sigtimedwait   =    [128,  137,  137] => signal::rt_sigtimedwait(set, info, timeout, size);
    rt_sigreturn      =     [15,  139,  139] => signal::rt_sigreturn();
    signalfd4         =    [289,   74,   74] => nosys "callers use sigtimedwait or handlers";

    // The rest.
    uname             =     [63,  160,  160] => misc::uname(buffer);
    sysinfo           =     [99,  179,  179] => misc::sysinfo(buffer);
    getrandom         =    [318,  278,  278] light => misc::getrandom(buffer, len, flags);
    sethostname       =    [170,  161,  161] => nosys "the name is the host's";
    mount             =    [165,   40,   40] => nosys "the mount table is fixed";
    umount2           =    [166,   39,   39] => nosys "the mount table is fixed";
    reboot            =    [169,  142,  142] => nosys "the machine is the host's";
}

/// All calls that the layer knows.
pub fn system_calls() -> &'static [SystemCall] {
    TABLE
}

/// The host's target in the table: x64; another host picks another column here.
const COLUMN: usize = 0;

impl SystemCall {
    /// Its number on the host's target.
    pub(crate) fn number(&self) -> Option<usize> {
        self.numbers[COLUMN].map(usize::from)
    }
}

/// The row of a number of the host's target.
pub(crate) fn find(number: u64) -> Option<&'static SystemCall> {
    static INDEX: LazyLock<Vec<Option<&'static SystemCall>>> = LazyLock::new(|| {
        let mut index = Vec::new();
        for row in TABLE {
            if let Some(number) = row.number() {
                if index.len() <= number {
                    index.resize(number + 1, None);
                }
                index[number] = Some(row);
            }
        }
        index
    });
    INDEX.get(usize::try_from(number).ok()?).copied().flatten()
}

/// Answers a call, unless the policy denies it. Unknown ones are `ENOSYS`.
pub(crate) fn dispatch(thread: &mut Thread, number: u64, arguments: &[u64; 6]) -> Outcome {
    if let Rule::Deny(error) = thread.process().policy.calls.rule(number) {
        return Err(Errno::from_raw_os_error(i32::from(error.clamp(1, 4095))));
    }
    let [a, b, c, d, e, f] = *arguments;
    handler(number)(thread, a, b, c, d, e, f)
}

/// What answers a call that the policy allows.
pub(crate) fn handler(number: u64) -> Handler {
    match find(number) {
        Some(row) => row.handler,
        None => |_, _, _, _, _, _, _| Err(Errno::NOSYS),
    }
}

/// What answers a light call that the policy allows.
#[inline]
pub(crate) fn light_handler(number: u64) -> Option<LightHandler> {
    /// More than the number of any light call.
    const NUMBERS: usize = 512;
    static HANDLERS: [Option<LightHandler>; NUMBERS] = {
        let (mut handlers, mut at) = ([None; NUMBERS], 0);
        while at < TABLE.len() {
            if let (Some(number), Some(_)) = (TABLE[at].numbers[COLUMN], TABLE[at].light) {
                handlers[number as usize] = TABLE[at].light;
            }
            at += 1;
        }
        handlers
    };
    *HANDLERS.get(usize::try_from(number).ok()?)?
}

/// What a thread's calls answer whose answers never change in its life, with their numbers: those that nobody wants to
/// hear of, by the policy.
pub(crate) fn constants(thread: &mut Thread) -> Vec<(u64, u64)> {
    const NAMES: [&str; 7] = ["getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid"];
    static NUMBERS: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let rows = TABLE.iter().filter(|row| NAMES.contains(&row.name));
        rows.filter_map(SystemCall::number).map(|number| number as u64).collect()
    });
    let unheard = |number: &u64, thread: &Thread| thread.process().policy.calls.rule(*number) == Rule::Allow;
    let asked = NUMBERS.iter().copied().filter(|number| unheard(number, thread)).collect::<Vec<_>>();
    asked.into_iter().filter_map(|number| Some((number, dispatch(thread, number, &[0; 6]).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn numbers_and_names_are_unique() {
        let mut names = HashSet::new();
        let mut numbers = HashSet::new();
        for row in TABLE {
            assert!(names.insert(row.name), "{}", row.name);
            for (column, number) in row.numbers.iter().enumerate() {
                assert!(number.is_none_or(|n| numbers.insert((column, n))), "{}", row.name);
            }
        }
    }

    /// `#define __NR_name number` of a header; those that another word stands for
    /// have its number.
    fn header(path: &str) -> HashMap<String, u16> {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path} (package linux-libc-dev): {e}"));
        let definitions = text.lines().filter_map(|line| line.strip_prefix("#define __NR"));
        let pairs: Vec<(&str, &str)> = definitions.filter_map(|rest| rest.split_once(char::is_whitespace)).collect();
        let numbers: HashMap<&str, u16> =
            pairs.iter().filter_map(|(name, value)| Some((*name, value.trim().parse().ok()?))).collect();
        let known = pairs.iter().filter_map(|(name, value)| {
            let number = numbers.get(name).or_else(|| numbers.get(value.trim().strip_prefix("__NR")?))?;
            Some((name.strip_prefix('_')?.to_owned(), *number))
        });
        known.collect()
    }

    #[test]
    fn numbers_are_those_of_the_kernels_headers() {
        let generic = header("/usr/include/asm-generic/unistd.h");
        let targets = [header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), generic.clone(), generic];
        for (column, numbers) in targets.iter().enumerate() {
            let newest = *numbers.values().max().unwrap();
            for row in TABLE {
                match (row.numbers[column], numbers.get(row.name)) {
                    // Calls that are younger than the headers.
                    (Some(number), None) => assert!(number > newest, "{} {number} {column}", row.name),
                    // The header has it for arm64 and other older targets only.
                    (None, Some(_)) if row.name == "renameat" && column == 2 => {}
                    (ours, theirs) => assert_eq!(ours, theirs.copied(), "{} {column}", row.name),
                }
            }
        }
    }

    #[test]
    fn numbers_are_found() {
        assert_eq!(find(libc::SYS_openat.cast_unsigned()).map(|row| row.name), Some("openat"));
        assert!(find(u64::MAX).is_none());
        assert!(find(1_000_000).is_none());
    }
}
