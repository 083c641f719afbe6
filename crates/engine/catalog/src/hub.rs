//! The catalogs of all spaces: made when first asked for, swapped whole, refreshed when another process changed one.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use kontor_model::{Error, Object, Result, SpaceId};
use kontor_store::Store;

use crate::{Catalog, stored};

/// Hands out the current catalog of a space.
pub struct Catalogs {
    pub(crate) store: Arc<dyn Store>,
    standard: Arc<[Object]>,
    current: RwLock<HashMap<SpaceId, Arc<Catalog>>>,
}

impl Catalogs {
    pub fn new(store: Arc<dyn Store>, standard: Vec<Object>) -> Self {
        Self { store, standard: standard.into(), current: RwLock::default() }
    }

    /// The declarations that every space has.
    pub fn standard(&self) -> &[Object] {
        &self.standard
    }

    fn cached(&self, space: SpaceId) -> Option<Arc<Catalog>> {
        self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&space).cloned()
    }

    /// The space's catalog as this process knows it.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, space: SpaceId) -> Result<Arc<Catalog>> {
        match self.cached(space) {
            Some(catalog) => Ok(catalog),
            None => self.reload(space).await,
        }
    }

    /// Reads the space's metadata anew and swaps the catalog.
    ///
    /// # Errors
    /// The database's, or metadata that contradict themselves.
    pub async fn reload(&self, space: SpaceId) -> Result<Arc<Catalog>> {
        self.adopt(space, stored::load(&*self.store, space).await?)
    }

    /// Resolves what was read and swaps the catalog, unless a newer one is there; gives the one that is current then.
    pub(crate) fn adopt(&self, space: SpaceId, custom: stored::Custom) -> Result<Arc<Catalog>> {
        let version = custom.version;
        let catalog = Catalog::resolve(space, version, &self.standard, custom).map_err(Error::internal)?;
        let catalog = Arc::new(catalog);
        let mut current = self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let kept = current.entry(space).or_insert_with(|| catalog.clone());
        if kept.version <= version {
            *kept = catalog.clone();
        }
        Ok(kept.clone())
    }

    /// Forgets the catalog of a space that is no more.
    pub fn forget(&self, space: SpaceId) {
        self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&space);
    }

    /// Reloads every catalog that another process has changed; call it about once a second.
    ///
    /// # Errors
    /// The database's.
    pub async fn refresh(&self) -> Result<()> {
        let known: Vec<(SpaceId, i64)> = {
            let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            current.iter().map(|(space, catalog)| (*space, catalog.version)).collect()
        };
        for (space, version) in known {
            if stored::version(&*self.store, space).await? != version {
                self.reload(space).await?;
            }
        }
        Ok(())
    }
}
