//! Instances that are ready to be used.

use crate::{Engine, Error, Module, Sandbox};
use lfi_runtime::HotPages;
use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How a pool is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The most instances that there are at a time.
    pub most: usize,
    /// How many of them are made beforehand.
    pub ready: usize,
}

impl Default for PoolConfig {
    /// As many as the engine has room for, one of them ready.
    fn default() -> Self {
        Self { most: usize::MAX, ready: 1 }
    }
}

/// Keeps instances of a library. What takes long is done once for each: loading,
/// constructors, and whatever else prepares it. Taking one costs nothing
/// then, and giving it back as much as it has written. A cheap handle: clones share the instances.
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: PoolConfig,
    make: Box<dyn Fn() -> Result<Sandbox, Error> + Send + Sync>,
    hot: HotPages,
    instances: Mutex<Instances>,
}

#[derive(Debug, Default)]
struct Instances {
    idle: Vec<Sandbox>,
    /// Idle and in use.
    count: usize,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool of instances of a library that is given nothing.
    ///
    /// # Errors
    /// When one of the first instances cannot be made: as [`Sandbox::new`].
    pub fn new(engine: &Engine, module: &Module, config: PoolConfig) -> Result<Self, Error> {
        let (engine, module) = (engine.clone(), module.clone());
        Self::with(config, move || Sandbox::new(&engine, &module))
    }

    /// A pool of what `make` makes and prepares: it may have called functions of
    /// the library already. Each instance is kept as it is then.
    ///
    /// # Errors
    /// What `make` says of the first instances, or as [`Sandbox::take_snapshot`].
    pub fn with(
        config: PoolConfig,
        make: impl Fn() -> Result<Sandbox, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let shared = Shared { config, make: Box::new(make), hot: HotPages::default(), instances: Mutex::default() };
        for _ in 0..shared.config.ready.min(shared.config.most) {
            let sandbox = shared.make()?;
            let mut instances = shared.instances();
            instances.idle.push(sandbox);
            instances.count += 1;
        }
        Ok(Self { shared: Arc::new(shared) })
    }

    /// An instance as it was made, whatever those before have done.
    ///
    /// # Errors
    /// [`Error::PoolExhausted`]; or what making another one fails with.
    pub fn get(&self) -> Result<Instance, Error> {
        let idle = {
            let mut instances = self.shared.instances();
            let idle = instances.idle.pop();
            if idle.is_none() {
                if instances.count >= self.shared.config.most {
                    return Err(Error::PoolExhausted);
                }
                instances.count += 1;
            }
            idle
        };
        let sandbox =
            idle.map_or_else(|| self.shared.make(), Ok).inspect_err(|_| self.shared.instances().count -= 1)?;
        Ok(Instance { id: sandbox.id(), sandbox: Some(sandbox), pool: Arc::clone(&self.shared) })
    }
}

impl Shared {
    fn instances(&self) -> MutexGuard<'_, Instances> {
        // Consistent after every statement that could panic.
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self) -> Result<Sandbox, Error> {
        let mut sandbox = (self.make)()?;
        sandbox.take_snapshot_like(&self.hot)?;
        Ok(sandbox)
    }
}

/// A sandbox from a pool. Dropping it resets it and gives it back; one that
/// cannot be reset is dropped for good.
#[derive(Debug)]
pub struct Instance {
    /// Taken when this is dropped.
    sandbox: Option<Sandbox>,
    id: u64,
    pool: Arc<Shared>,
}

impl Deref for Instance {
    type Target = Sandbox;

    #[inline]
    fn deref(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("it is there until the drop")
    }
}

impl DerefMut for Instance {
    #[inline]
    fn deref_mut(&mut self) -> &mut Sandbox {
        self.sandbox.as_mut().expect("it is there until the drop")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Another sandbox may have been swapped in.
        let own = self.sandbox.take().filter(|sandbox| sandbox.id() == self.id);
        let reset = own.and_then(|mut sandbox| sandbox.reset().is_ok().then_some(sandbox));
        let mut instances = self.pool.instances();
        match reset {
            Some(sandbox) => instances.idle.push(sandbox),
            None => instances.count -= 1,
        }
    }
}
