//! Packages of the operating system.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use super::{Purpose, is_there};
use crate::{paths, process, report};

/// A Debian package, with the sign that it, or its like from elsewhere, is there.
struct Package {
    name: &'static str,
    purpose: Purpose,
    is_there: fn() -> bool,
}

const PACKAGES: &[Package] = &[
    Package { name: "build-essential", purpose: Purpose::Build, is_there: || is_there("cc") },
    Package { name: "clang", purpose: Purpose::Build, is_there: || is_there("clang") },
    Package { name: "lld", purpose: Purpose::Build, is_there: || is_there("ld.lld") },
    Package { name: "pkg-config", purpose: Purpose::Build, is_there: || is_there("pkg-config") },
    Package { name: "libssl-dev", purpose: Purpose::Build, is_there: has_openssl_headers },
    Package { name: "protobuf-compiler", purpose: Purpose::Build, is_there: || is_there("protoc") },
    Package { name: "chromium", purpose: Purpose::Browsers, is_there: || is_there("chromium") },
    Package { name: "chromium-driver", purpose: Purpose::Browsers, is_there: || is_there("chromedriver") },
    Package { name: "firefox-esr", purpose: Purpose::Browsers, is_there: || is_there("firefox-esr") },
    Package { name: "mesa-vulkan-drivers", purpose: Purpose::Browsers, is_there: has_software_vulkan },
];

fn has_openssl_headers() -> bool {
    Command::new("pkg-config").args(["--exists", "openssl"]).status().is_ok_and(|status| status.success())
}

/// Mesa's software driver: Firefox has WebGPU through it, and the miner's native tests run on it.
fn has_software_vulkan() -> bool {
    std::fs::read_dir("/usr/share/vulkan/icd.d").is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| entry.file_name().to_string_lossy().starts_with("lvp_icd"))
    })
}

/// Installs the packages that are missing, or fails with the command that would install them.
pub fn ensure(root: &Path, purpose: Purpose) -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|package| package.purpose == Purpose::Build || purpose == Purpose::Browsers)
        .filter(|package| !(package.is_there)())
        .map(|package| package.name)
        .collect();
    if missing.is_empty() { Ok(()) } else { install(root, &missing) }
}

/// Installs packages as root on Debian, or fails with the command that would install them.
pub(super) fn install(root: &Path, missing: &[&str]) -> Result<()> {
    let list = missing.join(" ");
    if !is_there("apt-get") {
        bail!(
            "missing on this machine: {list} (names of Debian packages). \
             Install them with the system's package manager and start again."
        );
    }
    if !nix::unistd::geteuid().is_root() {
        bail!("missing on this machine. Install with\n\n    sudo apt-get install {list}\n\nand start again.");
    }
    report::say(&format!("installing packages of the system: {list}"));
    let logs = paths::logs(root);
    // Another program may hold the lock of the package database for a while.
    let wait = "DPkg::Lock::Timeout=400";
    report::step("apt-get update", || {
        process::run(Command::new("apt-get").args(["-o", wait, "update"]), "apt-get update", &logs)
    })?;
    report::step("apt-get install", || {
        let mut install = Command::new("apt-get");
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install.args(["-o", wait, "install", "--yes", "--no-install-recommends"]).args(missing);
        process::run(&mut install, "apt-get install", &logs)
    })?;
    Ok(())
}
