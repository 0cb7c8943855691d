//! Builds the data plane from its parts and runs it until shutdown.
