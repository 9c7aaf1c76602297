//! Callbacks: functions of the host that a library calls.

use crate::{
    CallbackArguments, CallbackResult, Error, Sandbox, SandboxPtr,
    abi::{ArgumentReader, Way},
};
use lfi_abi::{
    layout::{CALLBACK_ENTRIES, CALLBACK_SIZE, CALLBACKS},
    x64::SCRATCH_ZONE,
};
use lfi_linux::Stop;
use lfi_runtime::{Answer, Call, CallResults, CallbackArguments as Registers, CallbackResults, Context, Held, Host};
use std::{
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many callbacks can be running one inside the other. How deep they go is the library's to say, when functions that the
/// host calls in callbacks call it back, and each takes some of the host's stack.
const NESTED: usize = 100;

/// A function of the host that the library in a sandbox can call through a C
/// function pointer: see [`Sandbox::callback`].
pub struct Callback<A, R> {
    number: usize,
    /// What it was made of: after a reset the number may be another's.
    function: Weak<Function>,
    address: u64,
    /// The sandbox that it belongs to.
    sandbox: u64,
    signature: PhantomData<fn(A) -> R>,
}

impl<A, R> Callback<A, R> {
    /// The function pointer, as the library has it.
    pub fn pointer<T>(&self) -> SandboxPtr<T> {
        SandboxPtr::new(self.address)
    }
}

impl<A, R> fmt::Debug for Callback<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({:#x})", self.address)
    }
}

/// A closure behind the signature, which fills the results in: the address of an
/// argument that is not accessible, or of the place for the result, is the error.
type Function = dyn Fn(&mut Sandbox, &Registers, &mut CallbackResults) -> Result<(), u64> + Send + Sync;

/// The callbacks of a sandbox, as one handle on it has them.
#[derive(Default)]
pub(crate) struct Callbacks {
    table: Arc<Table>,
    /// Those that this handle has called, to be found without a lock, while
    /// `version` is the table's. One that is running is not here.
    at_hand: Vec<Option<Arc<Function>>>,
    version: u64,
    /// How many are running, one inside the other.
    running: usize,
    /// How many were, when the sandbox died.
    running_at_end: usize,
    /// Those that there were when the sandbox's snapshot was taken.
    saved: Vec<Option<Arc<Function>>>,
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").finish_non_exhaustive()
    }
}

/// What the handles on a sandbox share.
#[derive(Default)]
struct Table {
    /// How many callbacks have been removed.
    version: AtomicU64,
    functions: Mutex<Functions>,
}

#[derive(Default)]
struct Functions {
    by_number: Vec<Option<Arc<Function>>>,
    /// Numbers that are free again, those longest free first: the library may
    /// still call them, and should meet nobody.
    free: VecDeque<usize>,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Functions> {
        // Consistent after every statement that could panic.
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, function: Arc<Function>) -> Result<usize, Error> {
        let mut functions = self.lock();
        if functions.by_number.len() < CALLBACKS as usize {
            functions.by_number.push(Some(function));
            return Ok(functions.by_number.len() - 1);
        }
        let number = functions.free.pop_front().ok_or(Error::TooManyCallbacks)?;
        functions.by_number[number] = Some(function);
        Ok(number)
    }

    /// Makes the functions those that were `saved`, and returns whether others were there. Their numbers are free,
    /// and used again last.
    fn restore(&self, saved: &[Option<Arc<Function>>]) -> bool {
        let mut functions = self.lock();
        let Functions { by_number, free } = &mut *functions;
        let was = |number: usize| saved.get(number).and_then(Option::as_ref);
        let changed = |(number, now): &(usize, &mut Option<Arc<Function>>)| !are_same(now.as_ref(), was(*number));
        let mut dropped = Vec::new();
        for (number, now) in by_number.iter_mut().enumerate().filter(changed) {
            dropped.extend(std::mem::replace(now, was(number).cloned()));
            free.retain(|&other| other != number);
            if now.is_none() {
                free.push_back(number);
            }
        }
        drop(functions);
        if dropped.is_empty() {
            return false;
        }
        self.version.fetch_add(1, Ordering::Release);
        true
    }

    /// Takes a function away, if it is still there.
    fn remove(&self, number: usize, function: &Weak<Function>) {
        let mut functions = self.lock();
        let is_it = |there: &mut Arc<Function>| std::ptr::addr_eq(Arc::as_ptr(there), function.as_ptr());
        let Some(function) = functions.by_number.get_mut(number).and_then(|place| place.take_if(is_it)) else {
            return;
        };
        functions.free.push_back(number);
        // Whatever it owns is dropped without the lock.
        drop(functions);
        self.version.fetch_add(1, Ordering::Release);
        drop(function);
    }
}

/// Whether two entries of the table are the same function, or none.
fn are_same(one: Option<&Arc<Function>>, other: Option<&Arc<Function>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

impl Callbacks {
    /// The sandbox has died in a call that so many callbacks led to.
    pub(crate) fn note_end(&mut self) {
        self.running_at_end = self.running;
    }

    /// How many callbacks led to the call in which the sandbox died.
    pub(crate) fn running_at_end(&self) -> usize {
        self.running_at_end
    }

    /// Whether one is running.
    pub(crate) fn are_running(&self) -> bool {
        self.running > 0
    }

    /// Keeps which there are, for [`Self::restore`].
    pub(crate) fn save(&mut self) {
        self.saved.clone_from(&self.table.lock().by_number);
    }

    /// Makes the callbacks those that were saved.
    pub(crate) fn restore(&mut self) {
        if self.table.restore(&self.saved) {
            // What they own is dropped at once.
            self.at_hand.clear();
        }
    }

    /// The same callbacks, for another handle.
    pub(crate) fn another(&self) -> Self {
        Self { table: Arc::clone(&self.table), ..Self::default() }
    }

    /// Takes the function with this number out, to be put back by [`Self::keep`]. None, too, if it would be nested too
    /// deep.
    #[inline]
    fn take(&mut self, number: usize) -> Option<Arc<Function>> {
        if self.running >= NESTED {
            return None;
        }
        let version = self.table.version.load(Ordering::Acquire);
        if version != self.version {
            self.at_hand.clear();
            self.version = version;
        }
        match self.at_hand.get_mut(number).and_then(Option::take) {
            None => self.fetch(number),
            function => function,
        }
    }

    #[cold]
    fn fetch(&mut self, number: usize) -> Option<Arc<Function>> {
        let function = self.table.lock().by_number.get(number)?.clone()?;
        if self.at_hand.len() <= number {
            self.at_hand.resize(number + 1, None);
        }
        Some(function)
    }

    /// Puts a function back that was taken out at this version, if none has been removed since.
    #[inline]
    fn keep(&mut self, number: usize, function: Arc<Function>, version: u64) {
        if self.table.version.load(Ordering::Acquire) == version
            && let Some(place @ None) = self.at_hand.get_mut(number)
        {
            *place = Some(function);
        } else {
            discard(function);
        }
    }
}

/// Out of line, and by value: then a function that is kept stays in registers.
#[cold]
#[inline(never)]
fn discard(function: Arc<Function>) {
    drop(function);
}

impl Sandbox {
    /// Gives the library a function to call: one of the host's, that the library
    /// sees as a function pointer with this signature. It stays until it is removed, or the sandbox
    /// ends.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let file = lfi_filetest::library("
    /// #     #include <stdlib.h>
    /// #     void sort(int *p, unsigned long n, int (*compare)(const int *, const int *))
    /// #     { qsort(p, n, sizeof *p, (int (*)(const void *, const void *))compare); }");
    /// # let engine = lfi::Engine::new(&lfi::Config::default())?;
    /// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
    /// use lfi::{Sandbox, SandboxPtr};
    /// let compare = sandbox.callback(|sandbox: &mut Sandbox, (a, b): (SandboxPtr<i32>, SandboxPtr<i32>)| {
    ///     let values = sandbox.read_value(a).and_then(|a| Ok((a, sandbox.read_value(b)?)));
    ///     values.map_or(0, |(a, b)| a.cmp(&b) as i32)
    /// })?;
    /// let numbers = sandbox.alloc_from(&[3, 1, 2])?;
    /// let sort = sandbox.func::<(SandboxPtr<i32>, usize, SandboxPtr<()>), ()>("sort")?;
    /// sort.call(&mut sandbox, (numbers, 3, compare.pointer()))?;
    /// assert_eq!(sandbox.read_vec(numbers, 3)?, [1, 2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// What it gets is the library's word, like a result of a function. It may
    /// be called at any time that the library runs, on the thread that runs it, and may call
    /// functions of the library, which may call callbacks again.
    ///
    /// A function of C's calling convention is called by a closure:
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let file = lfi_filetest::library("int twice(int (*f)(int), int n) { return f(f(n)); }");
    /// # let engine = lfi::Engine::new(&lfi::Config::default())?;
    /// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
    /// extern "C" fn successor(n: i32) -> i32 {
    ///     n.wrapping_add(1)
    /// }
    /// let callback = sandbox.callback(|_: &mut lfi::Sandbox, (n,): (i32,)| successor(n))?;
    /// let twice = sandbox.func::<(lfi::SandboxPtr<()>, i32), i32>("twice")?;
    /// assert_eq!(twice.call(&mut sandbox, (callback.pointer(), 5))?, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # When it goes wrong
    ///
    /// - A panic in the closure ends the call of the library and goes on in whoever made that; the sandbox is dead.
    /// - A call in the closure that kills the sandbox ends the outer call with the same error, whatever the closure
    ///   returns.
    /// - A call of a callback that has been removed is a fault at its address, and so are arguments on a
    ///   stack, and a place for the result, that are not there.
    /// - So is a call of any while 100 are running, one inside the other: the library must not use up the host's stack.
    /// - A closure that puts another sandbox in place of the one that it was given ends the outer call with
    ///   [`Error::OtherSandbox`].
    ///
    /// # Errors
    /// [`Error::TooManyCallbacks`] when there are 1024 in the sandbox.
    pub fn callback<A, R, F>(&mut self, function: F) -> Result<Callback<A, R>, Error>
    where
        A: CallbackArguments,
        R: CallbackResult,
        F: Fn(&mut Sandbox, A) -> R + Send + Sync + 'static,
    {
        let typed = move |sandbox: &mut Sandbox, registers: &Registers, results: &mut CallbackResults| {
            let mut reader = ArgumentReader::new(registers, sandbox);
            match R::WAY {
                Way::Registers => {
                    let arguments = A::read(&mut reader)?;
                    function(sandbox, arguments).give(&mut results.registers, &mut []);
                }
                Way::Memory(size) => {
                    let place = reader.integer()?;
                    let arguments = A::read(&mut reader)?;
                    let mut bytes = vec![0; size];
                    function(sandbox, arguments).give(&mut results.registers, &mut bytes);
                    sandbox.write_bytes(place, &bytes).map_err(|_| place)?;
                    results.registers.rax = place;
                }
                Way::X87(count) => {
                    let arguments = A::read(&mut reader)?;
                    let result = function(sandbox, arguments);
                    result.give(&mut CallResults::default(), results.put_on_x87(count).as_flattened_mut());
                }
            }
            Ok(())
        };
        let function: Arc<Function> = Arc::new(typed);
        let weak = Arc::downgrade(&function);
        let number = self.callbacks.table.add(function)?;
        let address = self.process().base() + CALLBACK_ENTRIES + number as u64 * CALLBACK_SIZE;
        Ok(Callback { number, function: weak, address, sandbox: self.id(), signature: PhantomData })
    }

    /// Takes a callback away from the library. A closure that is running ends
    /// first; where the library calls it again, it faults. One that a reset has taken away is gone already.
    ///
    /// # Errors
    /// [`Error::OtherSandbox`].
    pub fn remove_callback<A, R>(&mut self, callback: Callback<A, R>) -> Result<(), Error> {
        if callback.sandbox != self.id() {
            return Err(Error::OtherSandbox);
        }
        self.callbacks.table.remove(callback.number, &callback.function);
        Ok(())
    }

    /// Runs a callback for the context that is just outside.
    #[inline]
    fn run_callback(&mut self, number: usize, arguments: &Registers, results: &mut CallbackResults) -> Answer {
        let Some(function) = self.callbacks.take(number) else {
            return Answer::Trap(self.process().base() + CALLBACK_ENTRIES + number as u64 * CALLBACK_SIZE);
        };
        let (version, outer) = (self.callbacks.version, self.stack);
        // Nested calls run below what the library has on its stack.
        self.stack = arguments.stack_pointer.wrapping_sub(SCRATCH_ZONE) & !15;
        let id = self.thread.context().id();
        self.callbacks.running += 1;
        let result = function(self, arguments, results);
        if self.thread.context().id() != id {
            discard(function);
            return Answer::Abandon; // another sandbox is in its place
        }
        // What it drops may panic: then it still counts as running.
        self.callbacks.keep(number, function, version);
        self.callbacks.running -= 1;
        self.stack = outer;
        match result {
            Ok(()) => Answer::Return,
            Err(address) => Answer::Trap(address),
        }
    }

    /// Runs a callback of a stay in the sandbox that was left for it, and goes on.
    pub(crate) fn answer_callback(&mut self, number: usize) -> Result<Stop, Error> {
        let context = self.thread.context();
        let (id, registers, arguments) = (context.id(), *context.registers(), context.callback_arguments());
        let mut results = CallbackResults::default();
        let running = Running { sandbox: self, context: id };
        let answer = running.sandbox.run_callback(number, &arguments, &mut results);
        std::mem::forget(running);
        match answer {
            Answer::Return => {
                // Nested calls have left theirs.
                *self.thread.context_mut().registers_mut() = registers;
                self.thread.context_mut().set_results(&results);
                Ok(self.thread.resume()?)
            }
            Answer::Trap(address) => {
                *self.thread.context_mut().registers_mut() = registers;
                self.thread.refuse_callback(address);
                Ok(self.thread.resume()?)
            }
            Answer::Abandon if self.thread.context().id() == id => Ok(self.thread.resume()?),
            Answer::Abandon => Ok(Stop::Abandoned),
        }
    }

    /// Makes a call by the short way.
    #[inline(always)]
    pub(crate) fn call_short(&mut self, call: &mut Call) -> Option<CallResults> {
        let before = self.thread.arrive();
        let results = lfi_runtime::call::<Inside>(self, call);
        self.thread.leave(before);
        results
    }
}

/// A sandbox while a callback runs, dropped by a panic.
struct Running<'a> {
    sandbox: &'a mut Sandbox,
    context: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        Inside::panicked(self.sandbox, self.context);
    }
}

/// A sandbox whose functions are called.
struct Inside;

impl Host for Inside {
    type Holder = Sandbox;

    #[inline]
    fn parts(sandbox: &mut Sandbox) -> (Held<'_>, &mut Context) {
        sandbox.thread.parts()
    }

    fn may_enter(sandbox: &mut Sandbox) -> bool {
        !sandbox.is_dead()
    }

    #[inline]
    fn callback(sandbox: &mut Sandbox, number: usize, arguments: &Registers, results: &mut CallbackResults) -> Answer {
        sandbox.run_callback(number, arguments, results)
    }

    /// Leaves the sandbox dead: the call that led here will never be finished.
    fn panicked(sandbox: &mut Sandbox, context: u64) {
        if sandbox.thread.context().id() == context {
            sandbox.callbacks.running -= 1;
            sandbox.abandon();
        }
    }
}
