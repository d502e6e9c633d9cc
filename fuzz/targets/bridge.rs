//! Messages between the page and its workers.
#![no_main]

use lantern_worker_bridge::{
    light_client::LightClient,
    message::{self, FromWorker, Protocol, ToWorker},
    miner::Miner,
};

fn both<P: Protocol>(bytes: &[u8]) {
    let _ = message::decode::<ToWorker<P::Request>>(P::VERSION, bytes);
    let _ = message::decode::<FromWorker<P::Response, P::Error, P::Event>>(P::VERSION, bytes);
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    both::<Miner>(bytes);
    both::<LightClient>(bytes);
});
