//! One sandbox: a slot, what is mapped in it, and the rules about code.

use crate::{
    Check, Code, Engine, Error, Image, OutOfRange, PublishError, SandboxAddr, SandboxRange, SharedMemory,
    arch::Care,
    budget::{Budget, Pages},
    copy,
    host::{self, PAGE_SIZE, Protection},
    pool::Slot,
    ranges::{Changes, Ranges},
    snapshot::Snapshot,
    stop::Control,
};
use lfi_abi::{Returns, layout};
use lfi_verifier::Summary;
use std::{
    os::fd::BorrowedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
};

/// What sandboxed code may do with data pages. Code is not data: see
/// [`Sandbox::publish`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

impl From<Access> for Protection {
    fn from(access: Access) -> Self {
        match access {
            Access::None => Self::None,
            Access::Read => Self::Read,
            Access::ReadWrite => Self::ReadWrite,
        }
    }
}

/// A slot of 4 GiB with its runtime page. Dropping it gives the slot back.
///
/// An *exclusive* sandbox (`Returns::Ret`) lets code keep the return-stack
/// predictor, which is safe only while nothing writes the slot's memory when a
/// context is inside: entering, writing and changing mappings exclude one
/// another there, and the one that comes late fails with [`Error::Busy`].
#[derive(Debug)]
pub struct Sandbox {
    engine: Engine,
    base: u64,
    /// Taken when the sandbox is dropped.
    slot: Option<Slot>,
    returns: Returns,
    /// Something is using the exclusive sandbox.
    busy: AtomicBool,
    /// What the published code calls for, as the bits of a `Care`, and
    /// [`SETTLED`].
    care: AtomicU8,
    /// What those who may stop it share with it.
    control: Arc<Control>,
    /// The version when it was made, or reset.
    id: u64,
    ranges: Mutex<Ranges>,
    /// What [`Self::reset`] goes back to.
    snapshot: Option<Box<Snapshot>>,
}

/// A context was entered with the care of that time.
const SETTLED: u8 = 0x80;

/// The use of an exclusive sandbox; nothing for others.
pub(crate) struct Exclusion<'a>(Option<&'a AtomicBool>);

impl Drop for Exclusion<'_> {
    fn drop(&mut self) {
        if let Some(busy) = self.0 {
            busy.store(false, Ordering::Release);
        }
    }
}

impl Sandbox {
    /// Makes a sandbox of a slot in whose user part nothing is mapped.
    pub(crate) fn new(engine: Engine, slot: Slot, returns: Returns, budget: Budget) -> Result<Self, Error> {
        let (base, control) = (slot.base(), Control::new());
        let contents = engine.runtime_page(base);
        // From here on the slot is given back by dropping this.
        let mut sandbox = Self {
            engine,
            base,
            slot: Some(slot),
            returns,
            busy: AtomicBool::new(false),
            care: AtomicU8::new(Care::NONE.bits()),
            id: control.version(),
            control: Arc::new(control),
            ranges: Mutex::new(Ranges::new(budget)),
            snapshot: None,
        };
        sandbox.slot.as_mut().map_or(Ok(()), |slot| slot.set_page(&contents))?;
        Ok(sandbox)
    }

    /// Address of the slot's first byte: what masks add to an offset.
    #[inline]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// How code in this sandbox may return.
    pub fn returns(&self) -> Returns {
        self.returns
    }

    /// `raw` as an address of this sandbox.
    ///
    /// # Errors
    /// When it is not one.
    pub fn addr(&self, raw: u64) -> Result<SandboxAddr, OutOfRange> {
        SandboxAddr::new(self.base, raw)
    }

    /// `[start, start + len)` as a range of this sandbox.
    ///
    /// # Errors
    /// When any of it is outside.
    pub fn range(&self, start: u64, len: u64) -> Result<SandboxRange, OutOfRange> {
        SandboxRange::new(self.base, start, len)
    }

    /// Copies `to.len()` bytes out of the sandbox.
    ///
    /// # Errors
    /// When they are not all readable; the buffer's contents are unspecified
    /// then.
    pub fn read(&self, from: u64, to: &mut [u8]) -> Result<(), Error> {
        copy::read(self.range(from, to.len() as u64)?, to)
    }

    /// Copies `from` into the sandbox.
    ///
    /// # Errors
    /// When the place is not all writable (a part at its start may have been
    /// written), or the sandbox is exclusive and in use.
    pub fn write(&self, to: u64, from: &[u8]) -> Result<(), Error> {
        let _alone = self.exclude()?;
        copy::write(self.range(to, from.len() as u64)?, from)
    }

    /// Loads the word at `from`, a multiple of 4, as a whole, whoever stores
    /// there at the same time.
    ///
    /// # Errors
    /// When it is not readable.
    pub fn load(&self, from: u64) -> Result<u32, Error> {
        copy::load(self.range(from, 4)?)
    }

    /// Stores the word at `to`, a multiple of 4, as a whole.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn store(&self, to: u64, value: u32) -> Result<(), Error> {
        let _alone = self.exclude()?;
        copy::store(self.range(to, 4)?, value)
    }

    /// Maps fresh zero pages, replacing what was there.
    ///
    /// # Errors
    /// When the range is not one of whole pages of this sandbox without code,
    /// or the host has no memory.
    pub fn map(&self, range: SandboxRange, access: Access) -> Result<(), Error> {
        let mut data = self.data(range)?;
        data.0.budget()?.cut(range, 0)?;
        host::map_anonymous(range.start(), range.len(), access.into())?;
        data.0.budget()?.replace(range, Pages::Fresh(access));
        Ok(())
    }

    /// Maps a part of a file, replacing what was there. Private: writes stay
    /// in the sandbox. Exclusive sandboxes have no mappings of files.
    ///
    /// # Errors
    /// As [`Self::map`], or when the host cannot map the file, or it is none
    /// that holds plain data, or the sandbox is exclusive.
    pub fn map_file(
        &self,
        range: SandboxRange,
        access: Access,
        file: BorrowedFd<'_>,
        offset: u64,
    ) -> Result<(), Error> {
        self.map_file_as(range, access, false, file, offset)
    }

    /// Maps a part of a file so that writes reach the file and others' writes
    /// are seen.
    ///
    /// # Errors
    /// As [`Self::map_file`].
    pub fn map_file_shared(
        &self,
        range: SandboxRange,
        access: Access,
        file: BorrowedFd<'_>,
        offset: u64,
    ) -> Result<(), Error> {
        self.map_file_as(range, access, true, file, offset)
    }

    fn map_file_as(
        &self,
        range: SandboxRange,
        access: Access,
        shared: bool,
        file: BorrowedFd<'_>,
        offset: u64,
    ) -> Result<(), Error> {
        self.allow_files()?;
        let mut data = self.data(range)?;
        data.0.budget()?.cut(range, 0)?;
        host::map_file(range.start(), range.len(), access.into(), shared, file, offset)?;
        data.0.budget()?.replace(range, Pages::Other);
        Ok(())
    }

    /// Fails in exclusive sandboxes. Whoever truncates a file or collapses a
    /// range of it takes pages away from all mappings, also those that were
    /// written to and are private: memory would change under a context.
    fn allow_files(&self) -> Result<(), Error> {
        match self.returns {
            Returns::Jump => Ok(()),
            Returns::Ret => Err(Error::Unsupported("mappings of files in an exclusive sandbox")),
        }
    }

    /// Unmaps a range: no access, and the memory is given back. The range stays
    /// reserved.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn unmap(&self, range: SandboxRange) -> Result<(), Error> {
        self.map(range, Access::None)
    }

    /// Changes what mapped pages allow. A range that was never mapped would
    /// become accessible: callers keep track of what is mapped.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn protect(&self, range: SandboxRange, access: Access) -> Result<(), Error> {
        let mut data = self.data(range)?;
        data.0.budget()?.cut(range, 0)?;
        host::protect(range.start(), range.len(), access.into())?;
        data.0.budget()?.protect(range, access);
        Ok(())
    }

    /// Throws away the contents of mapped pages: anonymous ones read as zero
    /// afterwards, private file pages as the file, and those that were there when
    /// a snapshot was taken as they were then.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn discard(&self, range: SandboxRange) -> Result<(), Error> {
        let _data = self.data(range)?;
        host::discard(range.start(), range.len())
    }

    /// Moves the pages of `from` to `to` (of the same length), replacing what
    /// was there. `from` is unmapped afterwards.
    ///
    /// # Errors
    /// As [`Self::map`]; also when the two overlap.
    pub fn move_pages(&self, from: SandboxRange, to: SandboxRange) -> Result<(), Error> {
        if from.len() != to.len() || from.overlaps(to) {
            return Err(Error::OutOfRange);
        }
        let mut data = self.data(from)?;
        self.check_data(&data.0, to)?;
        data.0.changing(to);
        let budget = data.0.budget()?;
        budget.cut(from, 0)?;
        budget.cut(to, budget.inner(from))?;
        host::move_pages(from.start(), to.start(), from.len())?;
        host::map_anonymous(from.start(), from.len(), Protection::None)?;
        budget.move_pages(from, to);
        Ok(())
    }

    /// Maps a part of an image, replacing what was there. Private: writes stay
    /// in the sandbox.
    ///
    /// # Errors
    /// As [`Self::map`]; also when the image has no such part.
    pub fn map_image(&self, range: SandboxRange, access: Access, image: &Image, offset: u64) -> Result<(), Error> {
        let mut data = self.data(range)?;
        data.0.budget()?.cut(range, 0)?;
        image.map_at(range.start(), range.len(), access.into(), offset)?;
        data.0.budget()?.replace(range, Pages::Other);
        data.0.mapped_image(range, access, image, offset);
        Ok(())
    }

    /// Maps all of `memory` at `start`, replacing what was there: the host and
    /// the sandbox see what the other writes.
    ///
    /// # Errors
    /// As [`Self::map`]; also when the sandbox is exclusive and could write it.
    pub fn map_shared(&self, start: u64, memory: &SharedMemory) -> Result<(), Error> {
        if memory.is_writable() && self.returns == Returns::Ret {
            return Err(Error::Unsupported("memory that others write in an exclusive sandbox"));
        }
        let range = self.range(start, memory.len())?;
        let mut data = self.data(range)?;
        data.0.budget()?.cut(range, 0)?;
        memory.map_at(range.start())?;
        data.0.budget()?.replace(range, Pages::Other);
        Ok(())
    }

    /// Publishes code: from now on `code` can be executed at `start`, a
    /// multiple of 32, as can `int3` in the rest of the first and last page.
    /// Nothing can write it any more, neither the sandbox nor the host.
    ///
    /// # Errors
    /// As [`Code::new`] and [`Self::map_code`].
    pub fn publish(&self, start: u64, code: &[u8], check: Check) -> Result<Option<Summary>, PublishError> {
        let code = Code::new(start.wrapping_sub(self.base), code, self.returns, check)?;
        self.map_code(&code)?;
        Ok(code.summary())
    }

    /// Publishes code that has its verdict: from now on it can be executed at
    /// the offset it was judged for.
    ///
    /// # Errors
    /// When it returns in another form than this sandbox's code, the place has held code before, the
    /// sandbox has code of another kind or was entered before it had any that
    /// uses AVX-512 and this does, or the host has no memory.
    pub fn map_code(&self, code: &Code) -> Result<(), Error> {
        if code.returns() != self.returns {
            return Err(Error::OtherReturns);
        }
        let pages = self.range(self.base + code.offset(), code.len())?;
        let mut data = self.data(pages)?;
        if let Some(kind) = code.kind()
            && *data.0.kind.get_or_insert(kind) != kind
        {
            return Err(Error::OtherKind);
        }
        // Before the code can run.
        self.add_care(code.care())?;
        data.0.budget()?.cut(pages, 0)?;
        code.map_in(self.base)?;
        data.0.budget()?.replace(pages, Pages::Other);
        data.0.published.push((pages, code.clone()));
        Ok(())
    }

    /// Maps the entry page, through which the host calls functions of this
    /// sandbox, and the callback entries, through which they call the host:
    /// code of the runtime's own at a fixed place (`layout::ENTRY_PAGE`,
    /// `ENTRY_SIZE` long). Once in the life of a sandbox.
    ///
    /// # Errors
    /// As [`Self::map`].
    pub fn prepare_calls(&self) -> Result<(), Error> {
        self.map_code(self.engine.entry_code(self.returns)?)
    }

    /// Takes published code away, the whole range that [`Self::publish`] made
    /// of `start`. Nothing is executable there any more in the life of this
    /// sandbox.
    ///
    /// # Errors
    /// When no published range has that start, or the sandbox is exclusive and
    /// in use.
    pub fn retire(&self, start: u64) -> Result<(), Error> {
        let _alone = self.exclude()?;
        let mut ranges = self.ranges();
        let first_page = start / PAGE_SIZE * PAGE_SIZE;
        let index = ranges.published.iter().position(|(range, _)| range.start() == first_page).ok_or(Error::Code)?;
        let (range, _) = ranges.published[index];
        ranges.changing(range);
        host::map_anonymous(range.start(), range.len(), Protection::None)?;
        ranges.budget()?.replace(range, Pages::Fresh(Access::None));
        ranges.published.swap_remove(index);
        ranges.retired.push(range);
        Ok(())
    }

    /// Where the thread pointer is kept for the code of an exclusive sandbox.
    #[inline]
    pub(crate) fn thread_pointer_copy(&self) -> Option<&AtomicU64> {
        self.slot.as_ref().filter(|_| self.returns == Returns::Ret).map(|slot| slot.word(layout::page::TP as usize))
    }

    /// Tells this sandbox from every other that the process ever has, and from what it was before a reset.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    #[inline]
    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The version for a context that has another. In an exclusive sandbox it is
    /// that context's alone: it has the thread pointer in the runtime page.
    pub(crate) fn next_version(&self) -> u64 {
        if self.returns == Returns::Ret {
            return self.control.change_version();
        }
        self.control.version()
    }

    /// From now on contexts are entered with this care, too. That is too late
    /// for those inside, and whether there are any is known in exclusive
    /// sandboxes only: nobody changes mappings while one is.
    fn add_care(&self, more: Care) -> Result<(), Error> {
        let add = |old: u8| {
            let new = old | more.bits();
            (old & SETTLED == 0 || self.returns == Returns::Ret || new == old).then_some(new)
        };
        self.care.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).map_err(|_| Error::LateCode)?;
        self.control.change_version();
        Ok(())
    }

    /// What the code in here can see or change. After the first answer no code
    /// is published that calls for more, in sandboxes that several contexts
    /// may be in.
    #[inline]
    pub(crate) fn care(&self) -> Care {
        Care::from_bits(self.care.fetch_or(SETTLED, Ordering::AcqRel) & !SETTLED)
    }

    /// Claims an exclusive sandbox.
    pub(crate) fn exclude(&self) -> Result<Exclusion<'_>, Error> {
        match self.returns {
            Returns::Jump => Ok(Exclusion(None)),
            Returns::Ret if self.busy.swap(true, Ordering::Acquire) => Err(Error::Busy),
            Returns::Ret => Ok(Exclusion(Some(&self.busy))),
        }
    }

    pub(crate) fn ranges(&self) -> MutexGuard<'_, Ranges> {
        // Consistent after every statement that could panic.
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The snapshot, if one was taken, and what may have changed since.
    pub(crate) fn snapshot_and_ranges(&mut self) -> Option<(&mut Snapshot, &mut Ranges)> {
        let ranges = self.ranges.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.snapshot.as_deref_mut().map(|snapshot| (snapshot, ranges))
    }

    /// Whether there is a snapshot to go back to.
    pub fn has_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// From now on changes are written down.
    pub(crate) fn set_snapshot(&mut self, snapshot: Option<Snapshot>) {
        self.ranges().changes = snapshot.is_some().then(Changes::default);
        self.snapshot = snapshot.map(Box::new);
    }

    /// No context is known to the sandbox any more, nor its thread pointer.
    pub(crate) fn forget_contexts(&mut self) {
        if let Some(word) = self.thread_pointer_copy() {
            word.store(0, Ordering::Relaxed);
        }
        self.id = self.control.change_version();
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The right to change the mappings of a range of data.
    pub(crate) fn data(&self, range: SandboxRange) -> Result<(MutexGuard<'_, Ranges>, Exclusion<'_>), Error> {
        let alone = self.exclude()?;
        let mut ranges = self.ranges();
        self.check_data(&ranges, range)?;
        ranges.changing(range);
        Ok((ranges, alone))
    }

    pub(crate) fn check_data(&self, ranges: &Ranges, range: SandboxRange) -> Result<(), Error> {
        // The range may have been made by another sandbox.
        self.range(range.start(), range.len())?;
        if range.is_empty() || !range.is_page_aligned() {
            return Err(Error::Unaligned);
        }
        if ranges.holds_code(range) {
            return Err(Error::Code);
        }
        Ok(())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let budget = self.ranges().budget.take();
        let Some((slot, budget)) = self.slot.take().zip(budget) else { return };
        // What takes time is done without the pool's lock.
        match slot.empty() {
            Ok(()) => self.engine.pool().give_empty(slot),
            Err(_) => self.engine.pool().give(slot, budget),
        }
    }
}
