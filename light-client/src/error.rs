//! The one place where errors become what the page is told.

use crate::database::{StorageError, Unusable};
use crate::engine::EngineError;
use crate::spec::SpecError;
use lantern_chain::ReadError;
use lantern_chain::rpc::RpcError;
use lantern_worker_bridge::light_client::{ErrorKind, LightClientError};
use std::fmt::Display;

fn error(kind: ErrorKind, message: impl Display, can_retry: bool) -> LightClientError {
    LightClientError { kind, message: message.to_string(), can_retry }
}

pub(crate) fn of_spec(spec: &SpecError) -> LightClientError {
    let kind = match spec {
        SpecError::WrongGenesis { .. } => ErrorKind::WrongGenesis,
        spec if spec.is_checkpoint() => ErrorKind::CheckpointMismatch,
        _ => ErrorKind::DamagedSpecification,
    };
    error(kind, spec, false)
}

pub(crate) fn of_engine(engine: &EngineError) -> LightClientError {
    let kind = match engine {
        EngineError::StartIgnored { .. } => ErrorKind::CheckpointMismatch,
        _ => ErrorKind::DamagedSpecification,
    };
    error(kind, engine, false)
}

pub(crate) fn of_storage(storage: &StorageError) -> LightClientError {
    error(ErrorKind::StorageUnavailable, storage, false)
}

pub(crate) fn saved_unusable(reason: Unusable) -> LightClientError {
    error(ErrorKind::SavedStateDropped, format!("{reason}; starting from the checkpoint"), false)
}

pub(crate) fn saved_dropped(reason: &dyn Display) -> LightClientError {
    let message = format!("what was saved was dropped, because {reason}; starting from the checkpoint");
    error(ErrorKind::SavedStateDropped, message, false)
}

pub(crate) fn another_tab() -> LightClientError {
    let message =
        "another tab of Lantern is on this network; this one proves for itself and saves nothing meanwhile";
    error(ErrorKind::AnotherTab, message, false)
}

pub(crate) fn not_ready() -> LightClientError {
    error(ErrorKind::NotReady, "the light client is not on any network yet", true)
}

pub(crate) fn too_many_transactions() -> LightClientError {
    error(ErrorKind::BadRequest, "too many transactions are being followed already", true)
}

pub(crate) fn ended() -> LightClientError {
    error(ErrorKind::Internal, "the light client ended by itself", true)
}

pub(crate) fn of_read(read: &ReadError) -> LightClientError {
    let kind = match read {
        ReadError::Rpc(RpcError::Closed) | ReadError::BlockGone | ReadError::RuntimeChanging => {
            ErrorKind::NotReady
        }
        ReadError::Rpc(RpcError::Refused { .. }) | ReadError::Inaccessible { .. } | ReadError::Busy => {
            ErrorKind::Timeout
        }
        ReadError::NotInRuntime { .. } => ErrorKind::NotInRuntime,
        ReadError::NoQuote => ErrorKind::BadRequest,
        ReadError::Metadata(_) | ReadError::Undecodable { .. } => ErrorKind::Undecodable,
        _ => ErrorKind::Internal,
    };
    error(kind, read, read.can_retry())
}
