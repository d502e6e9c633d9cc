//! The command line, parsed by hand: the usual crate for it pulls in half of a node of its own.

use crate::fault::Fault;
use crate::Error;
use std::path::PathBuf;

/// Printed by `--help`.
pub const USAGE: &str = "\
lantern-devnet: a real Aura and GRANDPA chain that speaks Subtensor's interface

USAGE
  lantern-devnet run [OPTIONS]
  lantern-devnet upgrade --rpc URL [--wasm FILE | --aura-only]

OPTIONS OF run
  --scenario NAME       state to start with: plain, small or full (default: small)
  --tempo BLOCKS        blocks per epoch on every subnet, instead of the scenario's own
  --slot-ms MS          length of a slot, fixed at genesis (default: 1000)
  --authorities N       number of nodes; above 1 this process starts and supervises them (default: 1)
  --p2p-port PORT       libp2p WebSocket port of the first node, 0 picks free ones (default: 30400)
  --rpc-port PORT       JSON-RPC port of the first node, 0 picks free ones (default: 9944)
  --base-path DIR       keep the database in DIR (default: in memory)
  --state-blocks N      blocks whose state is kept (default: 256)
  --initial-set-id K    GRANDPA set id the chain starts with (default: 3)
  --aura-only           leave the placeholder BabeApi out of the runtime's list of APIs, for light
                        clients that refuse a chain with two consensus APIs
  --spec-out FILE       write the network file that the page loads
  --checkpoint-out FILE write the checkpoint alone
  --raw-spec-out FILE   write the ordinary raw chain spec
  --ready-file FILE     write addresses and ports once the first block after genesis is finalized
  --rotate-at N,N,…     blocks at which GRANDPA's authorities change, signed by Alice as root
  --rotate-delay N      blocks between signal and change; not 0 breaks warp sync (default: 0)
  --fault KIND          misbehave from the start: storage-proof, call-proof, warp, block-announce,
                        commit, stall, slow:MS or drop (the JSON-RPC method lantern_setFault
                        changes it while the node runs)
  --log FILTER          log filter, as in RUST_LOG

With several authorities, node i listens on the given ports plus i. Files and faults are the first
node's.

OPTIONS OF upgrade
  --rpc URL             JSON-RPC of a node of the chain (ws://…)
  --wasm FILE           the runtime to upgrade to (default: the next build, which is built in)
  --aura-only           as above, for the built-in one
";

/// Each block is one line; the four lines that authoring adds to it are left out.
const DEFAULT_LOG: &str = "info,basic-authorship=warn,sc_basic_authorship=warn,aura=warn";

/// Most authorities one machine can sensibly run.
const MAX_AUTHORITIES: u32 = 8;

/// What the user wants.
pub enum Command {
    /// Print the usage.
    Help,
    /// Run a chain.
    Run(RunOptions),
    /// Upgrade a running chain's runtime.
    Upgrade(UpgradeOptions),
}

/// Options of `upgrade`.
#[derive(Clone, Debug)]
pub struct UpgradeOptions {
    /// JSON-RPC of a node.
    pub rpc: String,
    /// The runtime to upgrade to; the built-in one without.
    pub wasm: Option<PathBuf>,
    /// Whether the built-in one leaves out `BabeApi`.
    pub aura_only: bool,
}

/// Options of `run`.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Genesis preset of the runtime.
    pub scenario: String,
    /// Blocks per epoch on every subnet, if not the scenario's own.
    pub tempo: Option<u16>,
    /// Length of a slot in milliseconds.
    pub slot_ms: u64,
    /// Number of authorities of the chain, each a process of its own.
    pub authorities: u32,
    /// Which of the authorities this process is; `None` for the supervisor or the only one.
    pub authority_index: Option<u32>,
    /// Port of the first authority's WebSocket listener.
    pub p2p_port: u16,
    /// Port of the first authority's JSON-RPC server.
    pub rpc_port: u16,
    /// Directory of the database; in memory without.
    pub base_path: Option<PathBuf>,
    /// Number of blocks whose state is kept.
    pub state_blocks: u32,
    /// GRANDPA set id of the chain's first authority set.
    pub initial_set_id: u64,
    /// Whether the runtime's list of APIs leaves out `BabeApi`.
    pub aura_only: bool,
    /// Where the network file goes.
    pub spec_out: Option<PathBuf>,
    /// Where the checkpoint goes.
    pub checkpoint_out: Option<PathBuf>,
    /// Where the raw chain spec goes.
    pub raw_spec_out: Option<PathBuf>,
    /// Where the addresses go once the chain is usable.
    pub ready_file: Option<PathBuf>,
    /// Blocks at which the GRANDPA authorities change.
    pub rotate_at: Vec<u32>,
    /// Blocks between the signal of a change and the change.
    pub rotate_delay: u32,
    /// How to misbehave from the start.
    pub fault: Option<Fault>,
    /// Stop when standard input ends: set by the supervisor.
    pub stop_with_stdin: bool,
    /// Log filter.
    pub log: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            scenario: "small".into(),
            tempo: None,
            slot_ms: 1_000,
            authorities: 1,
            authority_index: None,
            p2p_port: 30_400,
            rpc_port: 9_944,
            base_path: None,
            state_blocks: 256,
            initial_set_id: 3,
            aura_only: false,
            spec_out: None,
            checkpoint_out: None,
            raw_spec_out: None,
            ready_file: None,
            rotate_at: Vec::new(),
            rotate_delay: 0,
            fault: None,
            stop_with_stdin: false,
            log: DEFAULT_LOG.into(),
        }
    }
}

impl RunOptions {
    /// Whether this process starts the nodes of a chain and runs none itself.
    pub fn is_supervisor(&self) -> bool {
        self.authorities > 1 && self.authority_index.is_none()
    }

    /// The command line of one node of this chain. What is written, and how the chain misbehaves
    /// or changes its authorities, is up to the first one.
    pub fn arguments_for(&self, authority: u32) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["run".into(), "--stop-with-stdin".into()];
        if self.aura_only {
            arguments.push("--aura-only".into());
        }
        let mut option = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        option("--scenario", self.scenario.clone());
        if let Some(tempo) = self.tempo {
            option("--tempo", tempo.to_string());
        }
        option("--slot-ms", self.slot_ms.to_string());
        option("--authorities", self.authorities.to_string());
        option("--authority-index", authority.to_string());
        option("--p2p-port", self.p2p_port.to_string());
        option("--rpc-port", self.rpc_port.to_string());
        option("--state-blocks", self.state_blocks.to_string());
        option("--initial-set-id", self.initial_set_id.to_string());
        option("--log", self.log.clone());
        if let Some(path) = &self.base_path {
            option("--base-path", path.display().to_string());
        }
        if authority > 0 {
            return arguments;
        }
        let files = [
            ("--spec-out", &self.spec_out),
            ("--checkpoint-out", &self.checkpoint_out),
            ("--raw-spec-out", &self.raw_spec_out),
            ("--ready-file", &self.ready_file),
        ];
        for (flag, path) in files {
            if let Some(path) = path {
                option(flag, path.display().to_string());
            }
        }
        if !self.rotate_at.is_empty() {
            let blocks: Vec<_> = self.rotate_at.iter().map(u32::to_string).collect();
            option("--rotate-at", blocks.join(","));
            option("--rotate-delay", self.rotate_delay.to_string());
        }
        if let Some(fault) = self.fault {
            option("--fault", fault.to_string());
        }
        arguments
    }
}

/// Parses the arguments, which do not include the program's name.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, Error> {
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("run") => parse_run(&mut arguments),
        Some("upgrade") => parse_upgrade(&mut arguments),
        Some(other) => Err(Error::Usage(format!("unknown command `{other}`"))),
    }
}

fn parse_run(arguments: &mut dyn Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = RunOptions::default();
    while let Some(flag) = arguments.next() {
        if matches!(flag.as_str(), "--help" | "-h") {
            return Ok(Command::Help);
        }
        match flag.as_str() {
            "--stop-with-stdin" => {
                options.stop_with_stdin = true;
                continue;
            }
            "--aura-only" => {
                options.aura_only = true;
                continue;
            }
            _ => {}
        }
        let value = value(&flag, arguments)?;
        match flag.as_str() {
            "--scenario" => options.scenario = value,
            "--tempo" => options.tempo = Some(number(&flag, &value)?),
            "--slot-ms" => options.slot_ms = number(&flag, &value)?,
            "--authorities" => options.authorities = number(&flag, &value)?,
            "--authority-index" => options.authority_index = Some(number(&flag, &value)?),
            "--p2p-port" => options.p2p_port = number(&flag, &value)?,
            "--rpc-port" => options.rpc_port = number(&flag, &value)?,
            "--base-path" => options.base_path = Some(value.into()),
            "--state-blocks" => options.state_blocks = number(&flag, &value)?,
            "--initial-set-id" => options.initial_set_id = number(&flag, &value)?,
            "--spec-out" => options.spec_out = Some(value.into()),
            "--checkpoint-out" => options.checkpoint_out = Some(value.into()),
            "--raw-spec-out" => options.raw_spec_out = Some(value.into()),
            "--ready-file" => options.ready_file = Some(value.into()),
            "--rotate-at" => {
                options.rotate_at =
                    value.split(',').map(|block| number(&flag, block)).collect::<Result<_, _>>()?;
            }
            "--rotate-delay" => options.rotate_delay = number(&flag, &value)?,
            "--fault" => options.fault = Some(value.parse().map_err(Error::Usage)?),
            "--log" => options.log = value,
            _ => return Err(Error::Usage(format!("unknown option `{flag}`"))),
        }
    }
    check(&options)?;
    Ok(Command::Run(options))
}

fn parse_upgrade(arguments: &mut dyn Iterator<Item = String>) -> Result<Command, Error> {
    let (mut rpc, mut wasm, mut aura_only) = (None, None, false);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--rpc" => rpc = Some(value(&flag, arguments)?),
            "--wasm" => wasm = Some(value(&flag, arguments)?.into()),
            "--aura-only" => aura_only = true,
            _ => return Err(Error::Usage(format!("unknown option `{flag}`"))),
        }
    }
    let rpc = rpc.ok_or_else(|| Error::Usage("`upgrade` needs `--rpc URL`".into()))?;
    Ok(Command::Upgrade(UpgradeOptions { rpc, wasm, aura_only }))
}

fn value(flag: &str, arguments: &mut dyn Iterator<Item = String>) -> Result<String, Error> {
    arguments.next().ok_or_else(|| Error::Usage(format!("`{flag}` needs a value")))
}

fn check(options: &RunOptions) -> Result<(), Error> {
    let problem = if options.slot_ms < 100 {
        "a slot has to last at least 100 ms"
    } else if !(1..=MAX_AUTHORITIES).contains(&options.authorities) {
        "the number of authorities has to be between 1 and 8"
    } else if options.authority_index.is_some_and(|index| index >= options.authorities) {
        "the authority index has to be below the number of authorities"
    } else if options.authority_index.is_some() && (options.p2p_port == 0 || options.rpc_port == 0) {
        "one of several authorities needs to know the ports of all"
    } else {
        return Ok(());
    };
    Err(Error::Usage(problem.into()))
}

fn number<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, Error> {
    value.parse().map_err(|_| Error::Usage(format!("`{value}` is not a number that `{flag}` takes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<RunOptions, Error> {
        match parse(line.split_whitespace().map(String::from))? {
            Command::Run(options) => Ok(options),
            _ => panic!("`{line}` does not run a chain"),
        }
    }

    #[test]
    fn a_node_is_started_with_what_the_supervisor_was_told() {
        let told = "run --scenario full --authorities 4 --slot-ms 250 --p2p-port 31000 --rpc-port 32000 \
                    --base-path base --state-blocks 99 --initial-set-id 7 --aura-only --spec-out spec \
                    --checkpoint-out checkpoint --raw-spec-out raw --ready-file ready --rotate-at 5,9 \
                    --rotate-delay 2 --fault slow:40 --log warn";
        let mut supervisor = options(told).unwrap();
        assert!(supervisor.is_supervisor());
        let first = options(&supervisor.arguments_for(0).join(" ")).unwrap();
        assert!(!first.is_supervisor());
        supervisor.authority_index = Some(0);
        supervisor.stop_with_stdin = true;
        assert_eq!(format!("{first:?}"), format!("{supervisor:?}"));

        let second = options(&supervisor.arguments_for(1).join(" ")).unwrap();
        assert_eq!(second.authority_index, Some(1));
        assert!(second.spec_out.is_none() && second.rotate_at.is_empty() && second.fault.is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "run --authorities 0",
            "run --authorities 3 --authority-index 1 --rpc-port 0",
            "run --authorities 2 --authority-index 2",
            "run --slot-ms fast",
            "run --slot-ms 10",
            "run --rotate-at 5,x",
            "run --fault kindness",
            "run --scenario",
            "run --unknown 1",
            "upgrade",
            "walk",
        ] {
            assert!(parse(line.split_whitespace().map(String::from)).is_err(), "`{line}` was taken");
        }
    }
}
