//! The network with a hook on everything this node answers and announces. Without an active
//! fault it is the ordinary one.

use crate::fault::{self, Fault, RequestKind};
use lantern_devnet_runtime::opaque::Block;
use parking_lot::Mutex;
use prometheus_endpoint::Registry;
use sc_network::config::{
    FullNetworkConfiguration, IncomingRequest, NetworkConfiguration, NotificationHandshake, OutgoingResponse,
    Params, SetConfig,
};
use sc_network::peer_store::PeerStoreProvider;
use sc_network::service::traits::{NetworkService, NotificationEvent, RequestResponseConfig};
use sc_network::{
    Litep2pNetworkBackend, MessageSink, NetworkBackend, NotificationConfig, NotificationMetrics,
    NotificationService, PeerId, ProtocolName,
};
use sp_core::H256;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

type Inner = Litep2pNetworkBackend;
type InnerConfig = FullNetworkConfiguration<Block, H256, Inner>;
type InnerNotifications = <Inner as NetworkBackend<Block, H256>>::NotificationProtocolConfig;
type InnerRequests = <Inner as NetworkBackend<Block, H256>>::RequestResponseProtocolConfig;

/// What the constructors below collect for the inner network. The trait's constructors are
/// associated functions without a receiver, and the outer configuration keeps its request
/// protocols to itself, so they meet here. One process is one node.
static COLLECTED: Mutex<Collected> = Mutex::new(Collected { config: None, requests: Vec::new() });

struct Collected {
    config: Option<InnerConfig>,
    requests: Vec<InnerRequests>,
}

/// The configuration to build the network from. Call it once per process.
pub fn configuration(network: &NetworkConfiguration) -> FullNetworkConfiguration<Block, H256, LyingNetwork> {
    COLLECTED.lock().config = Some(InnerConfig::new(network, None));
    FullNetworkConfiguration::new(network, None)
}

/// litep2p's network behind the hooks.
pub struct LyingNetwork(Inner);

/// A notification protocol on its way into the inner network.
pub struct NotificationProtocol {
    name: ProtocolName,
    set_config: SetConfig,
    inner: Mutex<Option<InnerNotifications>>,
}

impl fmt::Debug for NotificationProtocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("NotificationProtocol").field(&self.name).finish()
    }
}

impl NotificationConfig for NotificationProtocol {
    fn set_config(&self) -> &SetConfig {
        &self.set_config
    }

    fn protocol_name(&self) -> &ProtocolName {
        &self.name
    }
}

/// A request protocol, of which the inner network already holds the rest.
#[derive(Debug)]
pub struct RequestProtocol(ProtocolName);

impl RequestResponseConfig for RequestProtocol {
    fn protocol_name(&self) -> &ProtocolName {
        &self.0
    }
}

#[async_trait::async_trait]
impl NetworkBackend<Block, H256> for LyingNetwork {
    type NotificationProtocolConfig = NotificationProtocol;
    type RequestResponseProtocolConfig = RequestProtocol;
    type NetworkService<B, H> = <Inner as NetworkBackend<Block, H256>>::NetworkService<B, H>;
    type PeerStore = <Inner as NetworkBackend<Block, H256>>::PeerStore;

    fn new(params: Params<Block, H256, Self>) -> Result<Self, sc_network::error::Error> {
        let collected =
            std::mem::replace(&mut *COLLECTED.lock(), Collected { config: None, requests: Vec::new() });
        let missing = || sc_network::error::Error::Io(std::io::Error::other("the network was built twice"));
        let mut network_config = collected.config.ok_or_else(missing)?;
        for protocol in params.network_config.notification_protocols() {
            network_config.add_notification_protocol(protocol.inner.lock().take().ok_or_else(missing)?);
        }
        for protocol in collected.requests {
            network_config.add_request_response_protocol(protocol);
        }
        let block_announce_config = params.block_announce_config.inner.into_inner().ok_or_else(missing)?;
        <Inner as NetworkBackend<Block, H256>>::new(Params {
            role: params.role,
            executor: params.executor,
            network_config,
            protocol_id: params.protocol_id,
            genesis_hash: params.genesis_hash,
            fork_id: params.fork_id,
            metrics_registry: params.metrics_registry,
            block_announce_config,
            ipfs_config: params.ipfs_config,
            notification_metrics: params.notification_metrics,
        })
        .map(Self)
    }

    fn network_service(&self) -> Arc<dyn NetworkService> {
        <Inner as NetworkBackend<Block, H256>>::network_service(&self.0)
    }

    fn peer_store(bootnodes: Vec<PeerId>, metrics_registry: Option<Registry>) -> Self::PeerStore {
        // Both configurations have to share one store, or a ban in one would not hold in the other.
        match COLLECTED.lock().config.as_mut() {
            Some(config) => config.take_peer_store(),
            None => <Inner as NetworkBackend<Block, H256>>::peer_store(bootnodes, metrics_registry),
        }
    }

    fn register_notification_metrics(registry: Option<&Registry>) -> NotificationMetrics {
        <Inner as NetworkBackend<Block, H256>>::register_notification_metrics(registry)
    }

    fn notification_config(
        protocol_name: ProtocolName,
        fallback_names: Vec<ProtocolName>,
        max_notification_size: u64,
        handshake: Option<NotificationHandshake>,
        set_config: SetConfig,
        metrics: NotificationMetrics,
        peerstore_handle: Arc<dyn PeerStoreProvider>,
    ) -> (NotificationProtocol, Box<dyn NotificationService>) {
        let (config, service) = <Inner as NetworkBackend<Block, H256>>::notification_config(
            protocol_name.clone(),
            fallback_names,
            max_notification_size,
            handshake,
            set_config.clone(),
            metrics,
            peerstore_handle,
        );
        let inner = Mutex::new(Some(config));
        let protocol = NotificationProtocol { name: protocol_name, set_config, inner };
        (protocol, Box::new(LyingNotifications(service)))
    }

    fn request_response_config(
        protocol_name: ProtocolName,
        fallback_names: Vec<ProtocolName>,
        max_request_size: u64,
        max_response_size: u64,
        request_timeout: Duration,
        inbound_queue: Option<async_channel::Sender<IncomingRequest>>,
    ) -> RequestProtocol {
        let kind = RequestKind::of(&protocol_name);
        let config = <Inner as NetworkBackend<Block, H256>>::request_response_config(
            protocol_name.clone(),
            fallback_names,
            max_request_size,
            max_response_size,
            request_timeout,
            inbound_queue.map(|handler| hook_requests(kind, handler)),
        );
        COLLECTED.lock().requests.push(config);
        RequestProtocol(protocol_name)
    }

    async fn run(mut self) {
        <Inner as NetworkBackend<Block, H256>>::run(self.0).await;
    }
}

/// A queue before the handler's own, which does to requests what the active fault says.
fn hook_requests(
    kind: RequestKind,
    handler: async_channel::Sender<IncomingRequest>,
) -> async_channel::Sender<IncomingRequest> {
    let (sender, receiver) = async_channel::bounded(handler.capacity().unwrap_or(1));
    tokio::spawn(async move {
        while let Ok(request) = receiver.recv().await {
            let Some(fault) = fault::active() else {
                // When the handler's queue is full the request is dropped, as without the hook.
                drop(handler.try_send(request));
                continue;
            };
            tokio::spawn(misbehave(fault, kind, request, handler.clone()));
        }
    });
    sender
}

async fn misbehave(
    fault: Fault,
    kind: RequestKind,
    request: IncomingRequest,
    handler: async_channel::Sender<IncomingRequest>,
) {
    match fault {
        Fault::Drop => return,
        Fault::Stall => {
            fault::changed().await;
            return;
        }
        Fault::Slow(delay) => tokio::time::sleep(delay).await,
        _ => {}
    }
    let IncomingRequest { peer, payload, pending_response } = request;
    let (answer_sender, answer) = futures::channel::oneshot::channel();
    let forwarded = IncomingRequest { peer, payload: payload.clone(), pending_response: answer_sender };
    drop(handler.try_send(forwarded));
    // No answer means that the handler refused; dropping the response tells the peer so.
    let Ok(mut answer): Result<OutgoingResponse, _> = answer.await else { return };
    if let Ok(bytes) = &mut answer.result {
        fault::damage_answer(fault, kind, &payload, bytes);
    }
    // The peer may have gone meanwhile, which concerns nobody here.
    drop(pending_response.send(answer));
}

fn damaged(protocol: &str, mut notification: Vec<u8>) -> Vec<u8> {
    if let Some(fault) = fault::active() {
        fault::damage_notification(fault, protocol, &mut notification);
    }
    notification
}

/// Notifications that pass the hook on their way out.
#[derive(Debug)]
struct LyingNotifications(Box<dyn NotificationService>);

#[async_trait::async_trait]
impl NotificationService for LyingNotifications {
    async fn open_substream(&mut self, peer: PeerId) -> Result<(), ()> {
        self.0.open_substream(peer).await
    }

    async fn close_substream(&mut self, peer: PeerId) -> Result<(), ()> {
        self.0.close_substream(peer).await
    }

    fn send_sync_notification(&mut self, peer: &PeerId, notification: Vec<u8>) {
        let notification = damaged(self.0.protocol(), notification);
        self.0.send_sync_notification(peer, notification);
    }

    async fn send_async_notification(
        &mut self,
        peer: &PeerId,
        notification: Vec<u8>,
    ) -> Result<(), sc_network::error::Error> {
        let notification = damaged(self.0.protocol(), notification);
        self.0.send_async_notification(peer, notification).await
    }

    async fn set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
        self.0.set_handshake(handshake).await
    }

    fn try_set_handshake(&mut self, handshake: Vec<u8>) -> Result<(), ()> {
        self.0.try_set_handshake(handshake)
    }

    async fn next_event(&mut self) -> Option<NotificationEvent> {
        self.0.next_event().await
    }

    fn clone(&mut self) -> Result<Box<dyn NotificationService>, ()> {
        Ok(Box::new(Self(self.0.clone()?)))
    }

    fn protocol(&self) -> &ProtocolName {
        self.0.protocol()
    }

    fn message_sink(&self, peer: &PeerId) -> Option<Box<dyn MessageSink>> {
        let inner = self.0.message_sink(peer)?;
        Some(Box::new(LyingSink { protocol: self.0.protocol().clone(), inner }))
    }
}

/// Notifications to one peer that pass the hook on their way out.
struct LyingSink {
    protocol: ProtocolName,
    inner: Box<dyn MessageSink>,
}

#[async_trait::async_trait]
impl MessageSink for LyingSink {
    fn send_sync_notification(&self, notification: Vec<u8>) {
        self.inner.send_sync_notification(damaged(&self.protocol, notification));
    }

    async fn send_async_notification(&self, notification: Vec<u8>) -> Result<(), sc_network::error::Error> {
        self.inner.send_async_notification(damaged(&self.protocol, notification)).await
    }
}
