//! Who forgets logins for those who erase people.

use futures::future::BoxFuture;
use kontor_model::{Id, Result, SpaceId};

use crate::people::Logins;

impl kontor_privacy::Logins for Logins {
    fn address(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(self.0.address_of(space, user))
    }

    fn forget(&self, space: SpaceId, user: Id) -> BoxFuture<'_, Result<bool>> {
        Box::pin(self.0.forget_user(space, user))
    }
}
