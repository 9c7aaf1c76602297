//! The engine: everything that sandboxes share.

use crate::{
    Code, Error, Sandbox, arch,
    budget::{self, Budget},
    host,
    pool::{MAX_SLOTS, Pool},
    store::Store,
};
use host::{Mapping, PAGE_SIZE};
use lfi_abi::{Returns, layout};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How an engine is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The most sandboxes that can exist at a time, each with a slot of 4 GiB of address space. Slots are reserved as
    /// they are needed; 47 bits hold fewer than 32,768 of them.
    pub slots: usize,
    /// How many mappings of the host a sandbox may use. All sandboxes of a
    /// process together may use three quarters of the sysctl `vm.max_map_count`.
    pub mappings: usize,
    /// Install handlers for the signals by which the processor reports faults.
    /// Without them the application's own must ask [`crate::handle_fault`] first.
    pub fault_handlers: bool,
    /// Place one of the sandboxes at address 0, where the processor loads a cycle
    /// faster. It is the first one made, and after its end the next. Where the address space below 4 GiB + 64 KiB is
    /// not free (a host that is not position-independent, or another engine), or `vm.mmap_min_addr` is above 64 KiB, none is there.
    ///
    /// The base of `%gs` that confines this sandbox is the one that it has in
    /// every thread anyway. What faults elsewhere if a defence fails, an access without its
    /// prefix or with a lost base, is an access to this sandbox here: an engine
    /// with several sandboxes that distrust each other should do without.
    pub at_zero: bool,
}

impl Default for Config {
    /// As many slots as the address space holds, 4096 mappings in each, fault
    /// handlers, none at address 0.
    fn default() -> Self {
        Self { slots: MAX_SLOTS, mappings: 4096, fault_handlers: true, at_zero: false }
    }
}

/// Owns the pool of slots and the entries of the runtime calls. A cheap handle:
/// clones share the same pool.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pool: Mutex<Pool>,
    // Kept for the page they own.
    _stubs: Mapping,
    /// The runtime page, but for the base.
    page: Vec<u8>,
    /// The entry pages and callback entries, for masked jumps and for `ret`, from the first use on.
    entry_code: [OnceLock<Code>; 2],
    /// Contents of snapshots.
    store: Mutex<Store>,
    /// Mappings that one sandbox may have, and that the kernel allows.
    mappings: (usize, usize),
}

impl Engine {
    /// Reserves address space and installs the fault handlers. The first engine of a process that has several
    /// threads already takes some ten milliseconds, in which the kernel prepares for interruptions.
    ///
    /// # Errors
    /// When the processor, the kernel or the host's signal handlers do not
    /// allow it, or the address space is not to be had.
    pub fn new(config: &Config) -> Result<Self, Error> {
        arch::check_cpu()?;
        host::signal::check_handlers()?;
        if config.fault_handlers {
            host::signal::install_faults()?;
        }
        host::signal::install_interrupt()?;
        let stubs = place_stubs()?;
        let mut page = vec![0; PAGE_SIZE as usize];
        use layout::page::{CALLBACK, GET_TP, RETURN, SET_TP, SYSCALL};
        let fields = [SYSCALL, GET_TP, SET_TP, RETURN, CALLBACK];
        for (index, field) in (0u64..).zip(fields) {
            put(&mut page, field, stubs.start() + index * arch::STUB_SIZE);
        }
        let pool = Mutex::new(Pool::new(config.slots, config.at_zero)?);
        Ok(Self {
            shared: Arc::new(Shared {
                pool,
                _stubs: stubs,
                page,
                entry_code: Default::default(),
                store: Mutex::default(),
                mappings: (config.mappings, budget::map_count()),
            }),
        })
    }

    /// Makes an empty sandbox. `returns` says how code published in it may
    /// return; see [`Sandbox`] about exclusive ones.
    ///
    /// # Errors
    /// [`Error::NoSlot`], or a failed call of the host.
    pub fn sandbox(&self, returns: Returns) -> Result<Sandbox, Error> {
        let budget = self.budget()?;
        let slot = self.pool().take()?;
        Sandbox::new(self.clone(), slot, returns, budget)
    }

    /// Makes the calling thread fit for sandboxes, which its first entry does otherwise: it gets an alternate
    /// signal stack, and blocks none of the signals by which the processor reports faults, nor that by which
    /// sandboxes are stopped.
    ///
    /// A thread that blocks these signals later, after it has entered a sandbox or in a callback, has to call this before it
    /// goes on in one: the kernel ends a process that blocks the signal of its own fault.
    ///
    /// # Errors
    /// [`Error::InSignalHandler`] on an alternate signal stack, or when the host has no memory.
    pub fn prepare_thread(&self) -> Result<(), Error> {
        host::signal::prepare_thread()?;
        host::signal::mask_signals()
    }

    /// The budget of a new sandbox.
    pub(crate) fn budget(&self) -> Result<Budget, Error> {
        Budget::new(self.shared.mappings.0, self.shared.mappings.1)
    }

    pub(crate) fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        // The pool's methods keep it consistent: a panic elsewhere does not matter.
        self.shared.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        // Consistent after every statement that could panic.
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry page and callback entries for this form of return.
    pub(crate) fn entry_code(&self, returns: Returns) -> Result<&Code, Error> {
        let [jump, ret] = &self.shared.entry_code;
        let place = match returns {
            Returns::Jump => jump,
            Returns::Ret => ret,
        };
        if let Some(code) = place.get() {
            return Ok(code);
        }
        let code = Code::of_runtime(layout::ENTRY_PAGE, &arch::entry_code(returns), returns)?;
        Ok(place.get_or_init(|| code))
    }

    /// The contents of the runtime page of the slot at `base`.
    pub(crate) fn runtime_page(&self, base: u64) -> Vec<u8> {
        let mut page = self.shared.page.clone();
        put(&mut page, layout::page::BASE, base);
        page
    }
}

fn put(page: &mut [u8], offset: u64, value: u64) {
    let at = offset as usize;
    page[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Puts the stubs into a page at a random place: their addresses are readable
/// by every sandbox, and must not tell where the rest of the host is.
fn place_stubs() -> Result<Mapping, Error> {
    const ATTEMPTS: usize = 64;
    const SPACE: u64 = 1 << 46;
    for _ in 0..ATTEMPTS {
        let place = layout::SLOT_SIZE + host::random()? % SPACE / PAGE_SIZE * PAGE_SIZE;
        if let Ok(mapping) = Mapping::reserve_at(place, PAGE_SIZE) {
            let mut page = arch::stubs();
            page.resize(PAGE_SIZE as usize, 0xcc);
            mapping.write_code(&page)?;
            return Ok(mapping);
        }
    }
    Err(Error::Unsupported("an address space without room for the entries of the runtime calls"))
}
