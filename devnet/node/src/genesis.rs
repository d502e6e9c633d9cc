//! The genesis state and the chain spec around it.

use crate::args::RunOptions;
use crate::{keys, runtime_apis, Error};
use codec::{Decode, Encode};
use lantern_devnet_runtime::WASM_BINARY;
use lantern_devnet_scenario::Scenario;
use sc_executor::WasmExecutor;
use sc_service::{ChainSpec as _, ChainType, GenericChainSpec};
use serde_json::{json, Value};
use sp_core::traits::{CallContext, CodeExecutor as _, RuntimeCode, WrappedRuntimeCode};
use sp_core::{crypto::Ss58Codec as _, Pair as _};
use sp_runtime::AccountId32;
use sp_storage::well_known_keys::CODE;
use sp_storage::Storage;

/// The executor of the runtime's wasm.
pub type Executor = WasmExecutor<sp_io::SubstrateHostFunctions>;

/// Name of the chain, as clients see it.
pub const CHAIN_NAME: &str = "Lantern devnet";
/// Decimals of the token.
pub const TOKEN_DECIMALS: u32 = 9;
/// Symbol of the token.
pub const TOKEN_SYMBOL: &str = "TAO";
/// Prefix of addresses.
pub const SS58_FORMAT: u16 = 42;

/// Identifier of the chain, one for each scenario.
pub fn chain_id(options: &RunOptions) -> String {
    format!("lantern_devnet_{}", options.scenario)
}

/// Builds the genesis state by calling the runtime and wraps it into a chain spec.
///
/// The executor is the node's own, so that the runtime is compiled once.
pub fn chain_spec(options: &RunOptions, executor: &Executor) -> Result<GenericChainSpec, Error> {
    if WASM_BINARY.is_empty() {
        return Err(Error::Genesis("this binary was built without the runtime's wasm".into()));
    }
    let code = match options.aura_only {
        true => compress(&runtime_apis::without_babe(WASM_BINARY)?)?,
        false => compress(WASM_BINARY)?,
    };
    let mut storage = storage(options, executor, &code)?;
    storage.top.insert(CODE.to_vec(), code);

    let properties = json!({
        "tokenDecimals": TOKEN_DECIMALS,
        "tokenSymbol": TOKEN_SYMBOL,
        "ss58Format": SS58_FORMAT,
    });
    let properties = properties.as_object().cloned().unwrap_or_default();
    let mut spec = GenericChainSpec::<sc_service::NoExtension>::builder(&[], None)
        .with_name(CHAIN_NAME)
        .with_id(&chain_id(options))
        .with_chain_type(ChainType::Local)
        .with_properties(properties)
        .build();
    spec.set_storage(storage);
    Ok(spec)
}

/// A runtime blob as it goes on chain: a third of its size.
pub fn compress(code: &[u8]) -> Result<Vec<u8>, Error> {
    sp_maybe_compressed_blob::compress_weakly(code, sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT)
        .ok_or_else(|| Error::Genesis("the runtime's wasm is too large".into()))
}

fn storage(options: &RunOptions, executor: &Executor, code: &[u8]) -> Result<Storage, Error> {
    let runtime = Runtime { executor, code };
    let scenario = Scenario::from_name(&options.scenario)
        .ok_or_else(|| Error::Usage(format!("there is no scenario `{}`", options.scenario)))?;
    let mut config = runtime.default_config()?;
    sc_chain_spec::json_merge(&mut config, node_patch(options));
    let mut storage = runtime.build_state(&config)?;
    scenario.write(&mut storage, options.tempo).map_err(|error| Error::Genesis(error.to_string()))?;
    Ok(storage)
}

/// What the command line decides, whatever the scenario says.
fn node_patch(options: &RunOptions) -> Value {
    let aura: Vec<_> = (0..options.authorities).map(keys::aura_id).map(|id| id.to_ss58check()).collect();
    let grandpa: Vec<_> = keys::grandpa_authorities(options.authorities, 0)
        .into_iter()
        .map(|(id, weight)| (id.to_ss58check(), weight))
        .collect();
    json!({
        "aura": { "authorities": aura },
        "grandpa": { "authorities": grandpa },
        "sudo": { "key": AccountId32::from(keys::sudo_pair().public()).to_ss58check() },
        "devnet": { "slotMillis": options.slot_ms },
    })
}

/// The runtime before there is a chain: only its genesis builder is called.
struct Runtime<'a> {
    executor: &'a Executor,
    code: &'a [u8],
}

impl Runtime<'_> {
    /// The default configuration.
    fn default_config(&self) -> Result<Value, Error> {
        let mut externalities = sp_state_machine::BasicExternalities::new_empty();
        let answer = self.call(&mut externalities, "GenesisBuilder_get_preset", &None::<String>.encode())?;
        let json = Option::<Vec<u8>>::decode(&mut answer.as_slice())
            .map_err(|error| Error::Genesis(error.to_string()))?
            .ok_or_else(|| Error::Genesis("no such preset".into()))?;
        serde_json::from_slice(&json).map_err(|error| Error::Genesis(error.to_string()))
    }

    /// The state that a configuration describes.
    fn build_state(&self, config: &Value) -> Result<Storage, Error> {
        let mut externalities = sp_state_machine::BasicExternalities::new_empty();
        let config = config.to_string().into_bytes().encode();
        let answer = self.call(&mut externalities, "GenesisBuilder_build_state", &config)?;
        Result::<(), String>::decode(&mut answer.as_slice())
            .map_err(|error| Error::Genesis(error.to_string()))?
            .map_err(Error::Genesis)?;
        Ok(externalities.into_storages())
    }

    fn call(
        &self,
        externalities: &mut sp_state_machine::BasicExternalities,
        method: &str,
        argument: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let fetcher = WrappedRuntimeCode(self.code.into());
        let hash = sp_io::hashing::blake2_256(self.code).to_vec();
        let code = RuntimeCode { code_fetcher: &fetcher, heap_pages: None, hash };
        let (answer, _) = self.executor.call(externalities, &code, method, argument, CallContext::Offchain);
        answer.map_err(|error| Error::Genesis(format!("{method}: {error}")))
    }
}
