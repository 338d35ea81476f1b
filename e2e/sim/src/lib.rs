//! Simulation of hub and agents on a virtual clock with faults and mutants.
