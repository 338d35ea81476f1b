//! The nouns of the domain and the group planner that hub and agent share: no IO, no clock.
