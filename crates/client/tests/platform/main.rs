//! Proofs from platforms: services written for these tests, which ask for what the real ones ask for.

mod aws;
mod clouds;
mod jobs;
mod service;
mod workload_api;
