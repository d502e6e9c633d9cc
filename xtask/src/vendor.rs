//! Crates with our patches: fetched and verified by cargo, copied to `target/vendor`, patched there.
//!
//! The repository holds our changes only, as unified diffs beside the crate of ours that needs them. They are
//! written against the layout of the upstream repository, so that they can be sent there as they are. Which
//! releases they apply to, and the checksums that cargo holds the downloads against, are in the folder
//! `upstream/` beside them.
//!
//! The root workspace replaces these crates through `[patch.crates-io]`, so [`vendor`] has to run before cargo
//! can read that workspace. It does nothing where the copy is already up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What has been done to the copy: the lock files and all patches, one after the other.
const STAMP: &str = "stamp";

/// The patches of one upstream repository.
struct Set {
    /// Where they are, relative to our repository's root.
    patches: &'static str,
    /// The crates that they change.
    crates: &'static [Upstream],
}

/// A crate that is patched.
struct Upstream {
    /// Name on crates.io, and of the folder in `target/vendor`.
    name: &'static str,
    /// Where the crate is in its own repository: a path with a slash at its end, or nothing.
    folder: &'static str,
}

const SETS: [Set; 2] = [
    Set {
        patches: "light-client/patches",
        crates: &[
            Upstream { name: "smoldot", folder: "lib/" },
            Upstream { name: "smoldot-light", folder: "light-base/" },
        ],
    },
    Set { patches: "wallet/patches", crates: &[Upstream { name: "schnorrkel", folder: "" }] },
];

impl Set {
    fn upstream(&self, root: &Path) -> PathBuf {
        root.join(self.patches).join("upstream")
    }
}

/// One patch of ours.
struct PatchFile {
    /// The crates that it may change.
    crates: &'static [Upstream],
    name: String,
    text: String,
}

/// Makes sure that `target/vendor` holds the crates with all patches applied.
///
/// Fails with a sentence for the developer if cargo cannot fetch the crates, if a patch does not
/// apply, or if upstream already contains it.
pub fn vendor(root: &Path) -> Result<(), String> {
    let patches = read_patches(root)?;
    let stamp = wanted_stamp(root, &patches)?;
    let target = root.join("target");
    let vendored = target.join("vendor");
    if is_up_to_date(&vendored, &stamp) {
        return Ok(());
    }

    fs::create_dir_all(&target).map_err(|error| failed("create", &target, &error))?;
    let lock_path = target.join("vendor.lock");
    let lock = fs::File::create(&lock_path).map_err(|error| failed("create", &lock_path, &error))?;
    lock.lock().map_err(|error| failed("lock", &lock_path, &error))?;
    // Another process may have done the work while this one waited for the lock.
    if is_up_to_date(&vendored, &stamp) {
        return Ok(());
    }

    let sources = fetch(root)?;
    let fresh = target.join("vendor.new");
    remove_dir(&fresh)?;
    for (upstream, source) in &sources {
        copy_dir(source, &fresh.join(upstream.name))?;
    }
    for patch in &patches {
        apply(patch, |upstream| fresh.join(upstream.name))?;
    }
    let stamp_path = fresh.join(STAMP);
    fs::write(&stamp_path, stamp).map_err(|error| failed("write", &stamp_path, &error))?;

    // A reader never sees half a copy: the finished folder takes the name in one step.
    remove_dir(&vendored)?;
    fs::rename(&fresh, &vendored).map_err(|error| failed("rename", &fresh, &error))
}

fn is_up_to_date(vendored: &Path, stamp: &str) -> bool {
    fs::read_to_string(vendored.join(STAMP)).is_ok_and(|found| found == stamp)
}

fn wanted_stamp(root: &Path, patches: &[PatchFile]) -> Result<String, String> {
    let mut stamp = String::new();
    for set in &SETS {
        stamp.push_str(&read(&set.upstream(root).join("Cargo.lock"))?);
    }
    for patch in patches {
        stamp.push_str(&patch.text);
    }
    Ok(stamp)
}

/// Reads all patches, those of each set in the order of their names.
fn read_patches(root: &Path) -> Result<Vec<PatchFile>, String> {
    let mut patches = Vec::new();
    for set in &SETS {
        let folder = root.join(set.patches);
        let mut paths = list(&folder)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
        paths.sort();
        if paths.is_empty() {
            return Err(format!("there is no patch in {}", folder.display()));
        }
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            patches.push(PatchFile { crates: set.crates, name, text: read(&path)? });
        }
    }
    Ok(patches)
}

/// Has cargo fetch and verify the unpatched crates, and says where each is.
fn fetch(root: &Path) -> Result<Vec<(&'static Upstream, PathBuf)>, String> {
    let mut found = Vec::new();
    for set in &SETS {
        let folder = set.upstream(root);
        let manifest = folder.join("Cargo.toml");
        cargo(&["fetch", "--locked"], &manifest)?;
        let metadata = cargo(&["metadata", "--locked", "--offline", "--format-version", "1"], &manifest)?;
        let lock = read(&folder.join("Cargo.lock"))?;
        for upstream in set.crates {
            let version = locked_version(&lock, upstream.name)
                .ok_or_else(|| format!("{} is not in {}/upstream/Cargo.lock", upstream.name, set.patches))?;
            let source = source_folder(&metadata, upstream.name, version)
                .ok_or_else(|| format!("cargo does not say where {} {version} is", upstream.name))?;
            found.push((upstream, source));
        }
    }
    Ok(found)
}

fn cargo(arguments: &[&str], manifest: &Path) -> Result<String, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("`cargo {}` failed while fetching what is patched:\n{stderr}", arguments.join(" ")))
    }
}

/// Returns the version of a package according to a lock file.
fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version)
}

/// Finds the folder of a package in the output of `cargo metadata`.
fn source_folder(metadata: &str, name: &str, version: &str) -> Option<PathBuf> {
    const KEY: &str = "\"manifest_path\":\"";
    let wanted = format!("{name}-{version}");
    metadata.split(KEY).skip(1).find_map(|rest| {
        let (path, _) = rest.split_once('"')?;
        // The only escapes that cargo puts into a path are those of Windows' separators.
        let folder = PathBuf::from(path.replace("\\\\", "\\")).parent()?.to_path_buf();
        (folder.file_name()?.to_str()? == wanted).then_some(folder)
    })
}

/// Applies one patch, which may change several files, to the copies of the crates.
fn apply(patch: &PatchFile, folder_of: impl Fn(&Upstream) -> PathBuf) -> Result<(), String> {
    for part in file_parts(&patch.text) {
        let diff = diffy::Patch::from_str(part)
            .map_err(|error| format!("{} is not a unified diff: {error}", patch.name))?;
        let named = diff.original().unwrap_or_default();
        let path = patch
            .crates
            .iter()
            .find_map(|upstream| {
                let inside = named.strip_prefix("a/")?.strip_prefix(upstream.folder)?;
                Some(folder_of(upstream).join(inside))
            })
            .ok_or_else(|| format!("{} changes {named}, which is in no vendored crate", patch.name))?;
        let before = read(&path)?;
        let after = diffy::apply(&before, &diff).map_err(|_| does_not_apply(patch, named, &before, &diff))?;
        fs::write(&path, after).map_err(|error| failed("write", &path, &error))?;
    }
    Ok(())
}

/// Says why a patch does not apply: because upstream has it already, or for another reason.
fn does_not_apply(patch: &PatchFile, file: &str, source: &str, diff: &diffy::Patch<'_, str>) -> String {
    let until = patch.text.split_once("No longer needed when:").map_or("", |(_, rest)| rest);
    let until = until.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let name = &patch.name;
    if diffy::apply(source, &diff.reverse()).is_ok() {
        format!("{name} is no longer needed: {file} upstream already contains it. Delete the patch.")
    } else {
        format!("{name} no longer applies to {file}. It is to be dropped when:{until} Otherwise rebase it.")
    }
}

/// Splits a patch into one unified diff for each file, leaving out the words in front.
fn file_parts(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices("\n--- a/").map(|(at, _)| at + 1).collect();
    starts.push(text.len());
    starts.windows(2).filter_map(|pair| text.get(pair[0]..pair[1])).collect()
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| failed("create", to, &error))?;
    for path in list(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_dir(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| failed("copy", &path, &error))?;
        }
    }
    Ok(())
}

fn remove_dir(path: &Path) -> Result<(), String> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path, &error)),
        _ => Ok(()),
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| failed("list", folder, &error))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| failed("read", path, &error))
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {verb} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
    }

    /// A scratch copy of what cargo fetched, which goes away with the value.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("lantern-{name}-{}", std::process::id()));
            for (upstream, source) in fetch(&root()).unwrap() {
                copy_dir(&source, &folder.join(upstream.name)).unwrap();
            }
            Scratch(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    /// Each patch changes the source it names, and is found out once upstream contains it.
    #[test]
    fn every_patch_is_still_needed() {
        let scratch = Scratch::new("patches");
        for patch in read_patches(&root()).unwrap() {
            let folder_of = |upstream: &Upstream| scratch.0.join(upstream.name);
            apply(&patch, folder_of).unwrap();
            let again = apply(&patch, folder_of).unwrap_err();
            assert!(again.contains("no longer needed"), "{again}");
        }
    }

    /// The words in front of each patch tell when it can go.
    #[test]
    fn every_patch_says_when_it_can_go() {
        for patch in read_patches(&root()).unwrap() {
            let words = patch.text.split("\n--- a/").next().unwrap();
            assert!(words.contains("No longer needed when:"), "{}", patch.name);
        }
    }

    /// The defects as they stand in the released source. Where one of these fails, upstream has
    /// changed that place: read the patch's header and drop or rebase it.
    #[test]
    fn the_released_source_still_has_the_defects() {
        let scratch = Scratch::new("defects");
        let source = |path: &str| read(&scratch.0.join(path)).unwrap();

        let build = source("smoldot/src/chain/chain_information/build.rs");
        assert!(!build.contains("_pre_runtime"), "0001: the builder looks at the digest by now");

        let rpc = source("smoldot-light/src/json_rpc_service/background.rs");
        assert!(rpc.contains("subscription.available_operation_slots -= 1;"), "0002: no slot per item");
        assert_eq!(rpc.matches("occupied_slots: 1,").count(), 3, "0002: slots are recorded otherwise");

        let warp = source("smoldot/src/sync/warp_sync.rs");
        let branch = warp.split("Err(proof_decode::IncompleteProofError { .. }) => {").nth(1).unwrap();
        let branch = branch.split("MerkleProofEntriesMissing").next().unwrap();
        assert!(branch.contains("hint_doesnt_match: *hint_doesnt_match"), "0003: the hint is given up");

        let spec = source("smoldot/src/chain_spec/structs.rs");
        let genesis = spec.split("enum Genesis {").nth(1).unwrap().split('}').next().unwrap();
        assert!(!genesis.contains("Hash(HashHexString),\n    "), "0004: there is another genesis form");

        let all = source("smoldot/src/sync/all.rs");
        assert!(all.contains("warp_sync_minimum_gap: 32"), "0005: there is another gap at the start");

        let sync = source("smoldot-light/src/sync_service/substrate_compat.rs");
        assert!(!sync.contains("BanReason::BadMerkleProof"), "0006: a false proof is answered by a ban");
        let uses = sync.matches(".set_warp_completion_suppressed(false)").count();
        assert_eq!(uses, 3, "0007: a finished warp sync is held back otherwise");

        let manifest = source("schnorrkel/Cargo.toml");
        assert!(manifest.contains("\"precomputed-tables\""), "wallet 0001: the tables are optional by now");
    }

    #[test]
    fn the_copy_is_made_once() {
        vendor(&root()).unwrap();
        let made =
            |name: &str| fs::metadata(root().join("target/vendor").join(name)).unwrap().modified().unwrap();
        let before = made("smoldot");
        vendor(&root()).unwrap();
        assert_eq!(made("smoldot"), before);
        let header = "babe_pre_runtime().is_some()";
        let patched = root().join("target/vendor/smoldot/src/chain/chain_information/build.rs");
        assert!(read(&patched).unwrap().contains(header));
    }

    #[test]
    fn finds_the_folder_in_the_metadata() {
        let metadata = r#"{"packages":[{"name":"smoldot-light","manifest_path":"/r/smoldot-light-3.0.0/Cargo.toml"},
            {"name":"smoldot","manifest_path":"C:\\r\\smoldot-5.0.0\\Cargo.toml"}]}"#;
        assert_eq!(
            source_folder(metadata, "smoldot-light", "3.0.0"),
            Some(PathBuf::from("/r/smoldot-light-3.0.0"))
        );
        assert_eq!(source_folder(metadata, "smoldot", "4.0.0"), None);
    }
}
