//! Keeps a workload logged in, and its files fresh.
