//! What the program knows of new spaces: how they are furnished, and where the samples are.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream;
use kontor_identity::spaces;
use kontor_jobs::{Filter, State};
use kontor_model::{Error, ErrorCode, Id, Json, Limits, Result, SpaceId};
use kontor_records::{Caller, Credential, Ctx, Origin, Policy, Scopes};
use kontor_sandboxes::{Filled, Furnisher};
use kontor_transfer::Transfer;

use crate::demo;
use crate::house::House;

/// Fills new spaces.
pub struct Spaces {
    pub house: House,
    pub transfer: Arc<Transfer>,
}

impl Spaces {
    /// The program, in the name of the space's owner.
    async fn owner(&self, space: SpaceId) -> Result<Ctx> {
        let founding = &self.house.founding;
        let settings = spaces::settings(&*self.house.store, space, &founding.defaults).await?;
        let caller = Caller {
            via: kontor_records::Via::default(),
            space,
            key_id: Id(0),
            user_id: founding.owner(space).await?,
            policy: Arc::new(Policy::admin()),
            standing: Arc::default(),
            scopes: Scopes::new(["admin"]),
            settings: Arc::new(settings),
            limits: Limits::default(),
        };
        let origin = Origin { credential: Credential::Job, ..Origin::default() };
        Ok(Ctx { origin, ..Ctx::new(Arc::new(caller), self.house.catalogs.get(space).await?, "samples") })
    }

    /// Imports one file after another; the imports that the space has tell how far it is.
    async fn import_next(&self, space: SpaceId) -> Result<Filled> {
        let filter = Filter { kind: Some("import".to_owned()), ..Filter::default() };
        let (jobs, _) = self.house.jobs.list(space, &filter).await?;
        if let Some(failed) = jobs.iter().find(|job| matches!(job.state, State::Failed | State::Cancelled)) {
            let why = failed.error.as_ref().map_or("it was called off", |failure| failure.detail.as_str());
            return Ok(Filled::Failed(format!("the samples could not be imported: {why}")));
        }
        if jobs.iter().any(|job| !job.state.is_over()) {
            return Ok(Filled::NotYet);
        }
        let Some(file) = demo::FILES.get(jobs.len()) else { return Ok(Filled::Done) };
        let ctx = self.owner(space).await?;
        let mapping: serde_json::Value = serde_json::from_str(file.map).map_err(Error::internal)?;
        let options = Json::from(&serde_json::json!({"object": file.object, "mapping": mapping}));
        let options = self.transfer.import_options(&ctx, &options)?;
        self.transfer.import(&ctx, &options, file.name, stream::iter([Ok(file.content)])).await?;
        Ok(Filled::NotYet)
    }
}

impl Furnisher for Spaces {
    fn furnish(&self, space: SpaceId) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.house.founding.furnish(space))
    }

    fn samples(&self, space: SpaceId) -> BoxFuture<'_, Result<Filled>> {
        Box::pin(self.import_next(space))
    }

    fn mobile_region(&self, space: SpaceId) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            let settings = spaces::settings(&*self.house.store, space, &self.house.founding.defaults).await?;
            Ok(settings.mobile_region)
        })
    }

    fn mask_key(&self, space: SpaceId) -> Result<[u8; 32]> {
        self.house.vault.derive(&format!("kontor sandbox {space}")).map_err(|_| {
            Error::new(
                ErrorCode::RuleRefused,
                "a masked copy needs the installation's master key, which is not at hand",
            )
        })
    }
}
