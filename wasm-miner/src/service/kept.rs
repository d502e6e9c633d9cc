//! What is kept for the next visit: telling it and removing it.

use std::collections::BTreeMap;

use lantern_worker_bridge::miner::{KeepPlace, KeptModel, KeptReport};

use crate::{
    keep::{
        record::Record,
        shelf::{Kind, Shelf, ShelfError},
    },
    service::Service,
};

impl Service {
    /// What is kept, after everything of `forget` was removed.
    pub(super) async fn kept(&self, forget: Option<&str>) -> KeptReport {
        let shelf = match self.host.shelf().await {
            Ok(shelf) => shelf,
            Err(error) => return nothing(&error),
        };
        let models = match list(shelf.as_ref(), forget).await {
            Ok(models) => models,
            Err(error) => return nothing(&error),
        };
        let place = match shelf.kind() {
            Kind::Files => KeepPlace::Files,
            Kind::Cache => KeepPlace::Cache,
        };
        KeptReport { place, models, free_bytes: shelf.free_bytes().await }
    }
}

fn nothing(error: &ShelfError) -> KeptReport {
    KeptReport { place: KeepPlace::Nowhere(error.to_string()), models: Vec::new(), free_bytes: None }
}

/// Kept models by their address. What cannot be read, or is to be forgotten, is removed; a file that another tab is
/// using stays and is told.
async fn list(shelf: &dyn Shelf, forget: Option<&str>) -> Result<Vec<KeptModel>, ShelfError> {
    let mut models: BTreeMap<String, KeptModel> = BTreeMap::new();
    for item in shelf.list().await? {
        let record = Record::parse(&item.record);
        let is_wanted = record.as_ref().is_some_and(|record| forget != Some(record.model.as_str()));
        if !is_wanted && shelf.remove(&item.key).await.is_ok() {
            continue;
        }
        let Some(record) = record else { continue };
        let entry = models.entry(record.model.clone()).or_insert_with(|| KeptModel {
            model: record.model.clone(),
            name: record.name.clone(),
            bytes: 0,
            total_bytes: 0,
        });
        entry.bytes = entry.bytes.saturating_add(record.bytes_in(item.chunks));
        entry.total_bytes = entry.total_bytes.saturating_add(record.total);
    }
    Ok(models.into_values().collect())
}
