//! `cargo xtask checkpoint`: a fresh checkpoint for a network, from any full node.
//!
//! From the checkpoint that ships, the node's finality proofs lead to the head: each is signed by the
//! authorities that the one before announced. So the node need not be trusted for what is proven that
//! way, and the command says which parts those are.

mod header;
mod justification;
mod rpc;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use parity_scale_codec::Decode as _;
use serde_json::{Value, json};

use header::{Authorities, Change, Header};
use justification::Justification;
use rpc::{Node, hash, hex, unhex};

/// The command's options.
pub struct Options {
    /// Address of the node.
    pub rpc: String,
    /// The network file to start from; the shipped one with the node's genesis hash where it is not given.
    pub from: Option<PathBuf>,
    /// Where the new network file goes; over the old one where it is not given.
    pub out: Option<PathBuf>,
}

/// A finalized block and the set that votes on the next one.
struct Point {
    header: Header,
    set_id: u64,
    authorities: Authorities,
}

/// What the report says in the end.
#[derive(Default)]
struct Findings {
    verified: Vec<String>,
    trusted: Vec<String>,
}

/// Writes the checkpoint and prints what was and what was not verified.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    let node = Node::new(&options.rpc)?;
    let mut findings = Findings::default();
    let genesis = node.hash_of(0)?;
    let from = match &options.from {
        Some(file) => Some(file.clone()),
        None => shipped(root, &genesis)?,
    };
    let out = options.out.clone().or_else(|| from.clone()).context("name the new file with --out")?;
    let (mut file, point) = match &from {
        Some(path) => {
            let file = read(path)?;
            let point = walk(&node, &file, &genesis, &mut findings)?;
            (file, point)
        }
        None => (blank(&node, &genesis)?, consistent(&node, &mut findings)?),
    };
    let genesis_header = node.header(&genesis)?;
    findings.verified.push("the genesis state root: its header has the genesis hash".to_owned());
    let previous_number = from.as_ref().and_then(|_| number_of(&file).ok());
    if previous_number == Some(point.header.number) {
        crate::report::say("the node has finalized nothing since the previous checkpoint");
    }
    file["genesisStateRoot"] = json!(hex(&genesis_header.state_root));
    file["checkpoint"] = checkpoint(&node, &point, &mut findings)?;
    let mut text = serde_json::to_string_pretty(&file)?;
    text.push('\n');
    std::fs::write(&out, text).with_context(|| format!("cannot write {}", out.display()))?;
    report(&point, &out, &findings);
    Ok(())
}

/// The shipped network file with this genesis hash.
fn shipped(root: &Path, genesis: &[u8; 32]) -> Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(root.join("public/networks"))? {
        let path = entry?.path();
        let fits = read(&path).is_ok_and(|file| file["genesisHash"] == json!(hex(genesis)));
        if fits {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

fn number_of(file: &Value) -> Result<u32> {
    Ok(point_of(file)?.header.number)
}

/// The checkpoint in a network file.
fn point_of(file: &Value) -> Result<Point> {
    let checkpoint = &file["checkpoint"];
    let header = unhex(checkpoint["header"].as_str().context("the checkpoint has no header")?)?;
    let authorities =
        checkpoint["grandpaAuthorities"].as_array().context("the checkpoint has no authorities")?;
    let authorities = authorities
        .iter()
        .map(|pair| {
            let key = unhex(pair[0].as_str().context("an authority has no key")?)?;
            Ok((hash(&key)?, pair[1].as_u64().context("an authority has no weight")?))
        })
        .collect::<Result<_>>()?;
    Ok(Point {
        header: Header::decode(&mut &header[..]).context("the checkpoint's header does not decode")?,
        set_id: checkpoint["setId"].as_u64().context("the checkpoint has no set id")?,
        authorities,
    })
}

/// Follows the node's finality proofs from the previous checkpoint to the last finalized block.
fn walk(node: &Node, file: &Value, genesis: &[u8; 32], findings: &mut Findings) -> Result<Point> {
    ensure!(
        file["genesisHash"] == json!(hex(genesis)),
        "the node is on another network: its genesis hash is {}",
        hex(genesis)
    );
    let mut point = point_of(file)?;
    let (first, first_set) = (point.header.number, point.set_id);
    ensure!(
        node.hash_of(first)? == point.header.hash(),
        "the node's block {first} is not the checkpoint's: it is on another fork, or lies"
    );
    while let Some(next) = prove_next(node, &point)? {
        let moved_set = next.set_id != point.set_id;
        point = next;
        if !moved_set {
            break;
        }
        crate::report::say(&format!("block {}: set {} takes over", point.header.number, point.set_id));
    }
    findings.verified.push(format!(
        "block {} and set {}: signatures of {} sets, one handing over to the next, from the previous checkpoint \
         (block {first}, set {first_set})",
        point.header.number,
        point.set_id,
        point.set_id - first_set + 1,
    ));
    findings
        .verified
        .push("every header on the way: its Blake2-256 hash is the one that was signed".to_owned());
    Ok(point)
}

/// One step of [`walk`]: the next handover to another set, or the last block that this set finalized.
fn prove_next(node: &Node, point: &Point) -> Result<Option<Point>> {
    let finalized = node.header(&hash(&node.bytes("chain_getFinalizedHead", json!([]))?)?)?;
    if finalized.number <= point.header.number {
        return Ok(None);
    }
    let answer = node.call("grandpa_proveFinality", json!([point.header.number + 1]))?;
    let Some(proof) = answer.as_str() else { return Ok(None) };
    let justification = Justification::from_finality_proof(&unhex(proof)?)?;
    let (target, number) = justification.target;
    ensure!(number > point.header.number, "the node proves an older block than the one asked for");
    justification.verify(point.set_id, &point.authorities).with_context(|| {
        format!(
            "the justification of block {number} does not fit set {}; was a change forced or delayed?",
            point.set_id
        )
    })?;
    let header = node.header(&target)?;
    ensure!(header.number == number, "the justification names another height than the header");
    match header.grandpa_change()? {
        None => Ok(Some(Point { header, set_id: point.set_id, authorities: point.authorities.clone() })),
        Some(Change::Scheduled(authorities, 0)) => {
            Ok(Some(Point { header, set_id: point.set_id + 1, authorities }))
        }
        Some(Change::Scheduled(_, delay)) => {
            bail!("block {number} announces a set that takes over {delay} blocks later: try again after that")
        }
        Some(Change::Forced) => bail!("block {number} announces a forced change, which no proof crosses"),
    }
}

/// Without a previous checkpoint: a block whose justification fits what the node says of its authorities.
fn consistent(node: &Node, findings: &mut Findings) -> Result<Point> {
    let set_id = node.call("grandpa_roundState", json!([]))?["setId"].as_u64().context("no set id")?;
    let finalized = node.header(&hash(&node.bytes("chain_getFinalizedHead", json!([]))?)?)?;
    let proof = node.bytes("grandpa_proveFinality", json!([finalized.number]))?;
    let justification = Justification::from_finality_proof(&proof)?;
    let header = node.header(&justification.target.0)?;
    ensure!(header.grandpa_change()?.is_none(), "the authorities change right now: try again in a minute");
    let authorities: Authorities = node.runtime("GrandpaApi_grandpa_authorities", &header.hash())?;
    justification.verify(set_id, &authorities).context("the node contradicts itself")?;
    findings.verified.push(format!(
        "block {}: signed by the authorities that the node names, under the set id that it names",
        header.number
    ));
    findings
        .trusted
        .push("the genesis hash, the authorities and the set id: there is no previous checkpoint".to_owned());
    Ok(Point { header, set_id, authorities })
}

/// A network file without a checkpoint yet.
fn blank(node: &Node, genesis: &[u8; 32]) -> Result<Value> {
    let properties = node.call("system_properties", json!([]))?;
    let name = node.call("system_chain", json!([]))?;
    Ok(json!({
        "format": 1,
        "name": name,
        "id": name.as_str().unwrap_or("chain").to_lowercase().replace(' ', "_"),
        "chainType": "Live",
        "bootNodes": [],
        "genesisHash": hex(genesis),
        "tokenDecimals": properties["tokenDecimals"],
        "tokenSymbol": properties["tokenSymbol"],
        "ss58Format": properties["ss58Format"],
    }))
}

fn checkpoint(node: &Node, point: &Point, findings: &mut Findings) -> Result<Value> {
    let at = point.header.hash();
    let told: Authorities = node.runtime("GrandpaApi_grandpa_authorities", &at)?;
    ensure!(told == point.authorities, "the node's runtime names other authorities than the proven ones");
    let aura: Vec<[u8; 32]> = node.runtime("AuraApi_authorities", &at)?;
    let slot: u64 = node.runtime("AuraApi_slot_duration", &at)?;
    findings.trusted.push(format!(
        "the {} block authors and the slot time of {slot} ms: the node's runtime says so. They are not needed to \
         verify finality, and the light client replaces them by proven ones once it reaches the head",
        aura.len()
    ));
    let authorities: Vec<Value> =
        point.authorities.iter().map(|(key, weight)| json!([hex(key), weight])).collect();
    Ok(json!({
        "header": hex(&point.header.encode()),
        "setId": point.set_id,
        "grandpaAuthorities": authorities,
        "auraAuthorities": aura.iter().map(|key| hex(key)).collect::<Vec<_>>(),
        "auraSlotDurationMs": slot,
    }))
}

fn report(point: &Point, out: &Path, findings: &Findings) {
    println!(
        "checkpoint at block {} ({}), set {}",
        point.header.number,
        hex(&point.header.hash()),
        point.set_id
    );
    println!("written to {}\n\nverified", out.display());
    findings.verified.iter().for_each(|line| println!("  + {line}"));
    println!("\ntaken from the node, not verified");
    findings.trusted.iter().for_each(|line| println!("  - {line}"));
}
