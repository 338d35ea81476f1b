//! `fedctl token`: one-time tokens with which a cluster's agent joins.
//!
//! A token is a Secret in `kube-system` of the type that upstream has for it (`bootstrap.kubernetes.io/token`),
//! with the cluster it is good for.

mod create;
mod list;
mod revoke;
mod secret;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

pub use create::{Args as CreateArgs, Made, create};
pub use secret::{Drawn, NAMESPACE};

/// Verbs on tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and show it, once, with the command that uses it.
    Create(create::Args),
    /// List the tokens, without their secrets.
    List(list::Args),
    /// End a token.
    Revoke(revoke::Args),
}

/// Runs a verb.
pub async fn run(session: &mut Session, verb: Token) -> Result<(), Failure> {
    match verb {
        Token::Create(args) => create::run(session, args).await,
        Token::List(args) => list::run(session, args).await,
        Token::Revoke(args) => revoke::run(session, args).await,
    }
}
