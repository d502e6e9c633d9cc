//! The command line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lexopt::{Arg, Parser, ValueExt as _};

use crate::{
    bench, checkpoint, dev, devnet, dist, fuzz, model, paths, process, report, signals, size, test, tidy,
    tools,
};

const HELP: &str = "\
Lantern's commands. Each installs what it needs and says what it is doing.

    cargo xtask dev         build what is missing, start the local chain, serve the page
        --slot-ms N             milliseconds per block (default 1000)
        --scenario NAME         seeded state: small or full (default small)
        --port N                port of the page (default 8080)
        --profile NAME          release or quick (default quick)
        --no-build              take what is built already
    cargo xtask test        run every check
        --only STAGE,…          these stages only
        --skip STAGE,…          all but these stages
    cargo xtask build       write dist/
        --profile NAME          release or quick (default release)
        --verify                build again from nothing and compare
    cargo xtask size        sizes of the shipped files against their budgets
    cargo xtask serve       serve dist/ without a chain
        --port N                port of the page (default 8080)
        --network FILE          a network file to serve as the local network
        --dist FOLDER           what to serve (default dist)
    cargo xtask bench sync  measure against npm smoldot with polkadot-api; prints one JSON object
        --runs N                visits of each (default 7)
        --scenario NAME         seeded state (default full)
        --slot-ms N             milliseconds per block (default 1000)
        --soak-minutes N        also leave the page open and watch its memory (default 0)
        --no-build              take what is built already
    cargo xtask bench miner measure the miner's engine against a peer
        --json                  print one JSON object instead of a table
        --shape NAME,…          demo, 15m, 135m, 360m, 1b (default: what suits the adapter)
        --format NAME           q8_0, f16 or f32 weights (default q8_0)
        --seconds N             time for each measurement (default 1)
        --runs N                runs of which the middle counts (default 5; 3 with --browser)
        --only PART,…           decode, cpu, gemv, pow (default all)
        --peer NAME             torch, none or auto: torch where Python has it (default auto)
        --python PATH           the Python that has torch and transformers (default python3)
        --browser               in headless Chromium, by turns with transformers.js
        --no-build              take what is built already
    cargo xtask checkpoint  write a fresh checkpoint for a network
        --rpc URL               any full node: wss://…, ws://…, https://… or http://…
        --from FILE             the network file to start from (default: the shipped one)
        --out FILE              the new network file (default: over the old one)
    cargo xtask fuzz [NAME…] fuzz the decoders, all or those that are named
        --seconds N             time for each (default 60)
    cargo xtask model NAME  fetch a model and put it where builds and tests find it: minilm
    cargo xtask tidy        the rules that no compiler checks
    cargo xtask tools       install and cache all tools
    cargo xtask vendor      put the patched smoldot into target/vendor
";

/// Reads the command line and does what it says.
pub fn run() -> Result<()> {
    report::start_clock();
    signals::install()?;
    process::start_heartbeat();
    let root = paths::root()?;
    let mut parser = Parser::from_env();
    let command = match parser.next()? {
        Some(Arg::Value(value)) => value.string()?,
        Some(Arg::Long("help") | Arg::Short('h')) | None => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "dev" => dev_command(&root, parser),
        "test" => test_command(&root, parser),
        "build" => build_command(&root, parser),
        "serve" => serve_command(&root, parser),
        "bench" => bench::command(&root, parser),
        "checkpoint" => checkpoint_command(&root, parser),
        "model" => {
            let name = match parser.next()? {
                Some(Arg::Value(name)) => name.string()?,
                _ => bail!("name the model: {}", model::MINILM),
            };
            without_options(parser, || model::command(&root, &name))
        }
        "fuzz" => fuzz_command(&root, parser),
        "size" => without_options(parser, || size::check(&root)),
        "tools" => without_options(parser, || tools::all(&root)),
        "vendor" => without_options(parser, || crate::vendor(&root)),
        "tidy" => without_options(parser, || {
            crate::vendor(&root)?;
            tidy::check(&root)
        }),
        "help" => {
            println!("{HELP}\nStages of test: {}", test::stage_names().join(", "));
            Ok(())
        }
        unknown => bail!("no such command: {unknown}. `cargo xtask help` lists them"),
    }
}

fn without_options(mut parser: Parser, work: impl FnOnce() -> Result<()>) -> Result<()> {
    match parser.next()? {
        Some(extra) => Err(extra.unexpected().into()),
        None => work(),
    }
}

fn fuzz_command(root: &Path, mut parser: Parser) -> Result<()> {
    let (mut names, mut seconds) = (Vec::new(), 60);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(name) => names.push(name.string()?),
            Arg::Long("seconds") => seconds = parser.value()?.parse().context("--seconds")?,
            other => return Err(other.unexpected().into()),
        }
    }
    fuzz::run(root, &names, seconds)
}

fn dev_command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut options = dev::Options {
        port: 8080,
        chain: devnet::Options {
            scenario: "small".to_owned(),
            slot_ms: 1000,
            rpc_port: 9944,
            p2p_port: 30400,
        },
        no_build: false,
        profile: dist::Profile::Quick,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("slot-ms") => options.chain.slot_ms = parser.value()?.parse().context("--slot-ms")?,
            Arg::Long("scenario") => options.chain.scenario = parser.value()?.string()?,
            Arg::Long("port") => options.port = parser.value()?.parse().context("--port")?,
            Arg::Long("rpc-port") => {
                options.chain.rpc_port = parser.value()?.parse().context("--rpc-port")?
            }
            Arg::Long("p2p-port") => {
                options.chain.p2p_port = parser.value()?.parse().context("--p2p-port")?
            }
            Arg::Long("profile") => options.profile = dist::Profile::parse(&parser.value()?.string()?)?,
            Arg::Long("no-build") => options.no_build = true,
            other => return Err(other.unexpected().into()),
        }
    }
    dev::run(root, &options)
}

fn test_command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut options = test::Options::default();
    while let Some(argument) = parser.next()? {
        let Arg::Long(name @ ("only" | "skip")) = argument else { return Err(argument.unexpected().into()) };
        let only = name == "only";
        let list = parser.value()?.string()?;
        let names = list.split(',').filter(|name| !name.is_empty()).map(str::to_owned);
        if only { options.only.extend(names) } else { options.skip.extend(names) }
    }
    test::run(root, &options)
}

fn build_command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut profile = dist::Profile::Release;
    let mut verify = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("profile") => profile = dist::Profile::parse(&parser.value()?.string()?)?,
            Arg::Long("verify") => verify = true,
            other => return Err(other.unexpected().into()),
        }
    }
    dist::prepare(root)?;
    crate::vendor(root)?;
    dist::build(root, profile)?;
    report::say(&format!("built {}", paths::dist(root).display()));
    if verify { dist::verify(root, profile) } else { Ok(()) }
}

fn serve_command(root: &Path, mut parser: Parser) -> Result<()> {
    let mut port = 8080;
    let mut network = None;
    let mut dist = paths::dist(root);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("port") => port = parser.value()?.parse().context("--port")?,
            Arg::Long("network") => network = Some(PathBuf::from(parser.value()?)),
            Arg::Long("dist") => dist = PathBuf::from(parser.value()?),
            other => return Err(other.unexpected().into()),
        }
    }
    dev::serve(dist, port, network)
}

fn checkpoint_command(root: &Path, mut parser: Parser) -> Result<()> {
    let (mut rpc, mut from, mut out) = (None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rpc") => rpc = Some(parser.value()?.string()?),
            Arg::Long("from") => from = Some(PathBuf::from(parser.value()?)),
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let rpc = rpc.context("name a node with --rpc")?;
    checkpoint::run(root, &checkpoint::Options { rpc, from, out })
}
