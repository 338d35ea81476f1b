//! The command line of CAFE Federation.
