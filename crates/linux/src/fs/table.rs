//! The descriptor table: which number stands for which open file, and the
//! working directory.

use super::{files::File, resolve::Start};
use crate::{holder::Holder, process::Process};
use rustix::io::Errno;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

#[derive(Clone, Debug)]
struct Slot {
    file: Arc<File>,
    close_on_exec: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Option<Slot>>,
    /// The working directory.
    pub(super) directory: Start,
    /// By device and inode, the description that holds the process's record locks.
    pub(super) lock_holders: HashMap<(u64, u64), Weak<File>>,
}

impl Table {
    /// With these files, from number 0 on.
    pub(super) fn new(files: impl Iterator<Item = Option<Arc<File>>>) -> Self {
        let slots = files.map(|file| file.map(|file| Slot { file, close_on_exec: false }));
        Self { slots: slots.collect(), ..Self::default() }
    }

    /// The numbers in use.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.is_some()).map(|(number, _)| number)
    }

    /// The files behind them.
    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.slots.iter().flatten().map(|slot| &*slot.file)
    }

    fn place(&mut self, fd: i32) -> Result<&mut Option<Slot>, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|index| self.slots.get_mut(index));
        slot.filter(|slot| slot.is_some()).ok_or(Errno::BADF)
    }

    fn slot(&mut self, fd: i32) -> Result<&mut Slot, Errno> {
        self.place(fd)?.as_mut().ok_or(Errno::BADF)
    }

    pub(super) fn file(&mut self, fd: i32) -> Result<&Arc<File>, Errno> {
        self.slot(fd).map(|slot| &slot.file)
    }

    pub(super) fn close_on_exec(&mut self, fd: i32) -> Result<&mut bool, Errno> {
        self.slot(fd).map(|slot| &mut slot.close_on_exec)
    }

    /// Frees a descriptor. The file is closed when what is returned is dropped, which may take its time.
    pub(crate) fn take(&mut self, fd: i32) -> Result<impl Sized + use<>, Errno> {
        self.place(fd).map(Option::take)
    }

    /// The lowest free descriptor not below `least`.
    pub(crate) fn free(&self, least: usize, limit: usize) -> Result<usize, Errno> {
        (least..limit).find(|&index| self.slots.get(index).is_none_or(Option::is_none)).ok_or(Errno::MFILE)
    }

    /// Gives it to a file.
    pub(crate) fn insert(
        &mut self,
        file: Arc<File>,
        least: usize,
        limit: usize,
        close_on_exec: bool,
    ) -> Result<i32, Errno> {
        let free = self.free(least, limit)?;
        self.set(free, file, close_on_exec);
        i32::try_from(free).map_err(|_| Errno::MFILE)
    }

    /// Returns what was there, as [`Self::take`] does.
    pub(super) fn set(&mut self, index: usize, file: Arc<File>, close_on_exec: bool) -> impl Sized + use<> {
        if self.slots.len() <= index {
            self.slots.resize(index + 1, None);
        }
        self.slots[index].replace(Slot { file, close_on_exec })
    }

    /// What was taken out goes back.
    fn put_back(&mut self, fd: i32, taken: Slot) {
        if let Some(slot) = usize::try_from(fd).ok().and_then(|index| self.slots.get_mut(index)) {
            *slot = Some(taken);
        }
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        let alike =
            |one: &Slot, other: &Slot| Arc::ptr_eq(&one.file, &other.file) && one.close_on_exec == other.close_on_exec;
        self.slots.len() == other.slots.len()
            && self.slots.iter().zip(&other.slots).all(|pair| match pair {
                (Some(one), Some(other)) => alike(one, other),
                (one, other) => one.is_none() && other.is_none(),
            })
            && self.directory.is_like(&other.directory)
            && self.lock_holders.is_empty()
    }
}

impl Holder {
    /// Does something with the descriptor table, without a lock if the process has one thread.
    pub(crate) fn with_table<T>(&mut self, act: impl FnOnce(&mut Table) -> T) -> T {
        match self {
            Self::Alone(process) => act(process.files.table_mut()),
            shared => act(&mut shared.files.table()),
        }
    }

    /// Does something with the file behind a descriptor, which stays open meanwhile.
    ///
    /// The only thread of a process takes it out of the table for that time, where nobody else can miss it: no lock
    /// is taken and no reference counted.
    pub(crate) fn with_file<T>(
        &mut self,
        fd: i32,
        act: impl FnOnce(&Process, &File) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let Self::Alone(process) = self else {
            let file = self.files.get(fd)?;
            return act(self, &file);
        };
        let slot = process.files.table_mut().place(fd)?.take().ok_or(Errno::BADF)?;
        let done = act(process, &slot.file);
        process.files.table_mut().put_back(fd, slot);
        done
    }
}
