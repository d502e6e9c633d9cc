//! Typed, proven chain state over a JSON-RPC transport: chainHead, metadata, storage, runtime calls, transactions.
