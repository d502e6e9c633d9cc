//! The security headers that ship with the page. `docs/hosting.md` lists the same, and a test compares.

/// The content security policy, one directive per entry.
///
/// `wasm-unsafe-eval` lets the browser compile WebAssembly and nothing else. `ws:` and `wss:` are
/// there because the light client dials the chain's peers at whatever address they have, and `blob:`
/// because the miner reads files that the user chose.
const CONTENT_SECURITY_POLICY: &[&str] = &[
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self' blob: ws: wss:",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
];

/// The script of the miner's worker. A worker has the policy that its script is sent with.
pub const MINER: &str = "/workers/miner.js";

/// The policy of the miner's worker: it alone may fetch a model from an address that the user types, and read files
/// that the user chose. It has no key, no page and no peers.
const MINER_POLICY: &[&str] = &[
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "connect-src 'self' blob: https: http://127.0.0.1:* http://localhost:*",
];

/// The headers of every answer, apart from the policy.
const OTHERS: &[(&str, &str)] = &[
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=()",
    ),
];

/// The policy as the value of the `Content-Security-Policy` header.
pub fn content_security_policy() -> String {
    CONTENT_SECURITY_POLICY.join("; ")
}

/// The policy as a `meta` element can carry it: `frame-ancestors` has a meaning in a header only.
pub fn meta_content_security_policy() -> String {
    let kept: Vec<&str> = CONTENT_SECURITY_POLICY
        .iter()
        .copied()
        .filter(|directive| !directive.starts_with("frame-ancestors"))
        .collect();
    kept.join("; ")
}

/// The policy of the miner's worker as a header's value.
pub fn miner_policy() -> String {
    MINER_POLICY.join("; ")
}

/// All security headers of a path's answer, in the order of the documentation.
pub fn all(path: &str) -> Vec<(&'static str, String)> {
    let policy = if path == MINER { miner_policy() } else { content_security_policy() };
    let mut headers = vec![("Content-Security-Policy", policy)];
    headers.extend(OTHERS.iter().map(|(name, value)| (*name, (*value).to_owned())));
    headers
}

/// How long a browser may keep a file. A name that carries a hash of the content never changes its content.
pub fn cache_control(path: &str) -> &'static str {
    if has_content_hash(path) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Whether a file's name carries a content hash: hexadecimal digits after a hyphen, 16 apart from the
/// zeros that Trunk leaves out in front.
fn has_content_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_hash =
        |run: &str| (12..=16).contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split('-').skip(1).any(|part| part.split(['.', '_']).next().is_some_and(is_hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_lists_the_same_headers() {
        let documentation = include_str!("../../docs/hosting.md");
        for (name, value) in all("/").into_iter().chain(all(MINER)) {
            let line = format!("{name}: {value}");
            assert!(documentation.lines().any(|found| found == line), "docs/hosting.md lacks {line:?}");
        }
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        for hashed in [
            "/lantern-app-0123456789abcdef.js",
            "/lantern-app-0123456789abcdef_bg.wasm",
            "/workers/miner-0123456789abcdef.wasm",
        ] {
            assert!(has_content_hash(hashed), "{hashed}");
        }
        for fixed in
            ["/index.html", "/workers/light-client.js", "/fonts/plex-sans-latin.woff2", "/manifest.json"]
        {
            assert!(!has_content_hash(fixed), "{fixed}");
        }
    }
}
