//! The networks that the page can join.

/// A network by the user's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The development chain on this machine.
    Local,
    /// Bittensor's main network.
    Finney,
    /// Bittensor's test network.
    Testnet,
    /// A chain specification that the user gave. It is kept for this visit only.
    Own {
        /// Name of the file.
        name: String,
        /// Its text.
        specification: String,
    },
}

impl Choice {
    /// The networks that this page ships files for.
    pub const SHIPPED: [Self; 3] = [Self::Finney, Self::Testnet, Self::Local];

    /// Its name on the page.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Local => "Local",
            Self::Finney => "Finney",
            Self::Testnet => "Testnet",
            Self::Own { name, .. } => name,
        }
    }

    /// What it is.
    #[must_use]
    pub const fn note(&self) -> &'static str {
        match self {
            Self::Local => "Development chain on this machine",
            Self::Finney => "Bittensor main network",
            Self::Testnet => "Bittensor test network, where the host has its file",
            Self::Own { .. } => "Your own chain specification, for this visit",
        }
    }

    /// Where its file lies; nothing for a file of the user's.
    #[must_use]
    pub const fn file(&self) -> Option<&'static str> {
        match self {
            Self::Local => Some("/networks/local.json"),
            Self::Finney => Some("/networks/finney.json"),
            Self::Testnet => Some("/networks/testnet.json"),
            Self::Own { .. } => None,
        }
    }

    /// How it is remembered between visits; nothing for a file of the user's.
    #[must_use]
    pub const fn key(&self) -> Option<&'static str> {
        match self {
            Self::Local => Some("local"),
            Self::Finney => Some("finney"),
            Self::Testnet => Some("testnet"),
            Self::Own { .. } => None,
        }
    }

    /// Reads what [`key`](Self::key) wrote.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::SHIPPED.into_iter().find(|choice| choice.key() == Some(key))
    }
}

/// Whether a `chainType` is that of a chain for development, where practice keys hold no value.
///
/// The keys of practice accounts are public: they are offered on such chains alone.
#[must_use]
pub fn is_for_development(chain_type: Option<&str>) -> bool {
    matches!(chain_type, Some("Local" | "Development"))
}

/// Whether a page's host is this machine.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1") || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_remembered() {
        for choice in Choice::SHIPPED {
            assert_eq!(choice.key().and_then(Choice::from_key), Some(choice));
        }
        assert_eq!(Choice::from_key("elsewhere"), None);
    }

    #[test]
    fn practice_keys_need_a_development_chain() {
        let check = |kind, expected| assert_eq!(is_for_development(kind), expected, "{kind:?}");
        check(Some("Development"), true);
        check(Some("Local"), true);
        check(Some("Live"), false);
        check(Some("local"), false);
        check(None, false);
    }

    #[test]
    fn this_machine_is_recognised() {
        assert!(is_this_machine("127.0.0.1") && is_this_machine("localhost"));
        assert!(!is_this_machine("localhost.example.org"));
    }
}
