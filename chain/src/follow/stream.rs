//! A `chainHead_v1_follow` subscription that starts anew whenever it ends.

use super::event::{self, FollowEvent};
use crate::clock::Clock;
use crate::rpc::{RpcClient, RpcError, Subscription, params};
use alloc::rc::Rc;
use alloc::string::{String, ToString as _};
use core::time::Duration;
use futures::StreamExt as _;

/// Waits between attempts to subscribe: they grow from the first to the second.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What the stream yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FollowItem {
    /// A new subscription, with its id. Everything of the one before is void.
    Started(String),
    Event(FollowEvent),
    /// The subscription ended; another one follows.
    Lost,
}

/// The stream. It ends with the connection only.
pub(crate) struct FollowStream {
    rpc: Rc<dyn RpcClient>,
    clock: Rc<dyn Clock>,
    current: Option<Subscription>,
    pause: Duration,
}

impl FollowStream {
    pub(crate) fn new(rpc: Rc<dyn RpcClient>, clock: Rc<dyn Clock>) -> Self {
        Self { rpc, clock, current: None, pause: Duration::ZERO }
    }

    /// The next item; nothing once the connection is closed. Safe to drop and call again.
    pub(crate) async fn next(&mut self) -> Option<FollowItem> {
        loop {
            let Some(subscription) = &mut self.current else {
                match self.subscribe().await {
                    Ok(id) => return Some(FollowItem::Started(id)),
                    Err(RpcError::Closed | RpcError::NotAllowed(_)) => return None,
                    Err(RpcError::Refused { .. } | RpcError::Malformed { .. }) => continue,
                }
            };
            let Some(json) = subscription.next().await else { return Some(self.lose()) };
            match event::parse(json.get()) {
                Some(FollowEvent::Stop) => return Some(self.lose()),
                Some(event) => {
                    self.pause = Duration::ZERO;
                    return Some(FollowItem::Event(event));
                }
                // A kind of event that is not known yet, which the specification allows.
                None => {}
            }
        }
    }

    /// Gives the subscription up: the server contradicts itself.
    pub(crate) fn lose(&mut self) -> FollowItem {
        self.current = None;
        FollowItem::Lost
    }

    async fn subscribe(&mut self) -> Result<String, RpcError> {
        if !self.pause.is_zero() {
            self.clock.sleep(self.pause).await;
        }
        self.pause = self.pause.saturating_mul(2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        let subscription =
            self.rpc.subscribe("chainHead_v1_follow", params(&(true,)), "chainHead_v1_unfollow").await?;
        let id = subscription.id().to_string();
        self.current = Some(subscription);
        Ok(id)
    }
}
